// Incidents that are not resolved, what cases say of theirs, and the one that is looked at; followed as they change.
import { SvelteMap } from "svelte/reactivity";
import type { AnswerWanted, BulkChange, Id, Incident, IncidentAnswer, IncidentCase, IncidentChange, IncidentWithLog, NewIncident } from "../../shared/api-types";
import { bulk } from "./bulk.svelte";
import { api, take } from "./client";
import { desk } from "./desk.svelte";

/** Many cases come into one at once: every page asks now and then, not all at once. */
const NOW_AND_THEN = 2000;
const APART = 300;
const PATIENCE = 10;
const PAGE = 50;
const path = (incident_id: Id): { path: { incident_id: Id } } => ({ path: { incident_id } });

const idsOf = (all: readonly Incident[]): string => all.map((one) => one.id).join();

class Incidents {
  /** Not resolved, newest first. */
  all: Incident[] = $state.raw([]);
  /** Null until somebody asked for them; the newest page. */
  resolved: Incident[] | null = $state.raw(null);
  isLoaded = $state(false);
  /** The one that is looked at, with its log. */
  current: IncidentWithLog | null = $state.raw(null);
  cases: IncidentCase[] = $state.raw([]);
  /** Answers to all of its cases, newest first. */
  answers: IncidentAnswer[] = $state.raw([]);
  hasMore = $state(false);
  hasMoreResolved = $state(false);
  /** The bulk job about one of them that was begun here last. */
  jobId: Id | null = $state(null);
  /** Resolved ones that cases are in. */
  readonly #others = new SvelteMap<Id, Incident>();
  readonly #asked = new Set<Id>();
  #isFollowed = false;
  /** Somebody looks at how many cases they have: else the desk need not count them. */
  #isCounted = false;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #askedAt = 0;
  /** How long the last answer took: who is slow is asked the less. */
  #took = 0;
  #turn = 0;
  /** Which one is looked at, also before it has come. */
  #lookedAt: Id | null = null;

  find(id: Id): Incident | undefined {
    return this.all.find((one) => one.id === id) ?? this.#others.get(id);
  }

  /** A case is in it: fetch what it is unless that is here. Callers may call at every draw. */
  want(id: Id): void {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    void this.load().catch(() => void this.#asked.delete(id));
  }

  async load(): Promise<void> {
    this.#follow();
    const turn = (this.#turn += 1);
    const query = { is_counted: this.#isCounted };
    const { incidents } = await take(api.GET("/api/v1/incidents", { params: { query } }));
    const missing = [...this.#asked].filter((id) => !this.#others.has(id) && !incidents.some((one) => one.id === id));
    const others = await Promise.all(missing.map((id) => take(api.GET("/api/v1/incidents/{incident_id}", { params: { ...path(id), query: { is_counted: false } } }))));
    if (turn !== this.#turn) return;
    this.all = incidents;
    for (const one of incidents) this.#others.delete(one.id);
    for (const { incident } of others) this.#others.set(incident.id, incident);
    this.isLoaded = true;
  }

  /** The list as who looks after them sees it, until `close`. */
  watch(): Promise<void> {
    this.#isCounted = true;
    return this.load();
  }

  /** The newest, or as many again. */
  async loadResolved(isMore = false): Promise<void> {
    const before = isMore ? this.resolved?.at(-1)?.id : undefined;
    const page = await take(api.GET("/api/v1/incidents", { params: { query: { is_resolved: true, limit: PAGE, before } } }));
    this.resolved = [...(isMore ? (this.resolved ?? []) : []), ...page.incidents];
    this.hasMoreResolved = page.before !== null;
  }

  /** With its log and the newest of its cases. */
  async open(id: Id): Promise<void> {
    this.#follow();
    // What has ended is counted once.
    const ended = this.answers.filter((one) => one.ended_at && one.incident_id === id);
    const known = ended.length ? ended.map((one) => one.id) : undefined;
    this.#lookedAt = id;
    const [found, page, { answers }] = await Promise.all([
      take(api.GET("/api/v1/incidents/{incident_id}", { params: path(id) })),
      take(api.GET("/api/v1/incidents/{incident_id}/cases", { params: { ...path(id), query: { limit: PAGE } } })),
      take(api.GET("/api/v1/incidents/{incident_id}/answers", { params: { ...path(id), query: { known } } })),
    ]);
    if (this.#lookedAt !== id) return;
    this.current = found;
    this.cases = page.cases;
    this.answers = [...answers, ...ended].sort((one, other) => other.id - one.id);
    this.hasMore = page.before !== null;
  }

  async more(): Promise<void> {
    const id = this.current?.incident.id;
    const before = this.cases.at(-1)?.id;
    if (id === undefined || before === undefined) return;
    const page = await take(api.GET("/api/v1/incidents/{incident_id}/cases", { params: { ...path(id), query: { limit: PAGE, before } } }));
    if (this.current?.incident.id !== id) return;
    this.cases = [...this.cases, ...page.cases];
    this.hasMore = page.before !== null;
  }

  async add(body: NewIncident): Promise<Incident> {
    const { incident } = await take(api.POST("/api/v1/incidents", { body }));
    await this.load();
    return incident;
  }

  async change(id: Id, changes: IncidentChange): Promise<void> {
    this.#show(await take(api.PATCH("/api/v1/incidents/{incident_id}", { params: path(id), body: changes })));
    await this.#reread();
  }

  /** The case's revision then. Raises ApiError, also where the case has another one than that by now. */
  async put(caseId: Id, incidentId: Id | null, expect_revision?: number): Promise<number> {
    const { revision } = await take(api.POST("/api/v1/cases/{case_id}", { params: { path: { case_id: caseId } }, body: { incident_id: incidentId, expect_revision } }));
    await this.#reread();
    return revision;
  }

  async note(id: Id, text: string): Promise<void> {
    this.#show(await take(api.POST("/api/v1/incidents/{incident_id}/notes", { params: path(id), body: { text } })));
  }

  /** All that a query finds comes into one. Raises ApiError. */
  putAll(incident_id: Id, query: string): Promise<void> {
    return this.#begin({ change: { incident_id }, whole: { view: "all", q: query } });
  }

  /** What is unsolved in one is solved. Raises ApiError. */
  solveAll(incident_id: Id): Promise<void> {
    return this.#begin({ change: { state: "solved" }, incident_id });
  }

  /** Its cases are answered by the server from now on. Raises ApiError. */
  async answer(id: Id, body: AnswerWanted): Promise<void> {
    this.#take(await take(api.POST("/api/v1/incidents/{incident_id}/answers", { params: path(id), body })));
  }

  async stopAnswer(answer_id: Id): Promise<void> {
    this.#take(await take(api.POST("/api/v1/incident-answers/{answer_id}/stop", { params: { path: { answer_id } } })));
  }

  /** As an answer of the server has it, ahead of the feed. */
  #take(one: IncidentAnswer): void {
    if (one.incident_id === this.#lookedAt) this.answers = [one, ...this.answers.filter((each) => each.id !== one.id)];
  }

  async #begin(body: { change: BulkChange; whole?: { view: "all"; q: string }; incident_id?: Id }): Promise<void> {
    const job = await take(api.POST("/api/v1/bulk", { body }));
    this.jobId = job.id;
    bulk.take(job);
  }

  /** Nobody looks at one any more. */
  close(): void {
    this.#isCounted = false;
    this.current = this.resolved = this.#lookedAt = null;
    this.cases = this.answers = [];
  }

  forget(): void {
    this.#turn += 1;
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.all = this.cases = this.answers = [];
    this.current = this.resolved = this.#lookedAt = null;
    this.isLoaded = this.hasMore = this.hasMoreResolved = this.#isCounted = false;
    this.jobId = null;
    this.#others.clear();
    this.#asked.clear();
  }

  #follow(): void {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    const again = (): void => void this.#again().catch(() => undefined);
    const soon = (): void => void (this.#soon ??= setTimeout(again, Math.max(0, this.#askedAt + Math.max(NOW_AND_THEN, PATIENCE * this.#took) - Date.now()) + Math.random() * APART));
    desk.listen((event) => {
      const isOne = event.kind === "incident.changed" || (event.kind === "case.changed" && !!event.case.incident_id && this.current !== null);
      if (isOne && (this.isLoaded || this.current)) soon();
    }, soon);
  }

  async #again(): Promise<void> {
    this.#soon = undefined;
    this.#askedAt = Date.now();
    const before = idsOf(this.all);
    await this.load();
    // Only what is resolved or reopened by now is news of those: the pages of older ones stay.
    if (this.resolved && idsOf(this.all) !== before) await this.loadResolved();
    if (this.#lookedAt !== null) await this.open(this.#lookedAt);
    const seen = this.current?.incident;
    if (seen && this.resolved) this.resolved = this.resolved.map((one) => (one.id === seen.id ? seen : one));
    this.#took = Date.now() - this.#askedAt;
  }

  /** What was done is done, also where nobody can be asked how it looks by now. */
  async #reread(): Promise<void> {
    await this.#again().catch(() => undefined);
  }

  #show(found: IncidentWithLog): void {
    if (this.current?.incident.id === found.incident.id) this.current = found;
  }
}

export const incidents = new Incidents();
desk.whenEnded(() => incidents.forget());
