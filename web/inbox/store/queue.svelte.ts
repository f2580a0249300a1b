// One's own place at work (there or away, what one is offered), and how waiting cases are given out.
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { Id } from "../../shared/api-types";
import type { components } from "../../shared/api";
import { toInbox } from "../router";
import { api, ApiError, done, take } from "./client";
import { desk } from "./desk.svelte";
import { lt } from "./list-words.svelte";
import { pagePlace } from "./place.svelte";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";

type Shapes = components["schemas"];
export type OwnDesk = Shapes["OwnDesk"];
export type Availability = Shapes["AgentDesk"]["availability"];
export type QueueSettings = Shapes["AllSettings"];
export type Offer = Shapes["Offer"];
type Because = Shapes["AssignmentStep"]["because"];

/** What happens together is asked for once. */
const TOGETHER = 500;
/** A busy queue moves many times a second, and hardly ever for this agent: every page looks now and then, not all at once. */
const NOW_AND_THEN = 4000;
const APART = 1000;
/** An offer whose time has run out by this clock may live on by the server's. */
const ONCE_MORE = 2000;

class QueueStore {
  own: OwnDesk | null = $state.raw(null);
  /** Null until somebody asked for it. */
  settings: QueueSettings | null = $state.raw(null);
  /** Why each case is offered, once that is known. */
  readonly because = new SvelteMap<Id, Because>();
  /** Cases whose offer is being answered here. */
  readonly answering = new SvelteSet<Id>();
  #asked = new Set<Id>();
  #soon: ReturnType<typeof setTimeout> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  #over: ReturnType<typeof setTimeout> | undefined;
  /** Moves on with every question and every answer: what was asked before says nothing any more. */
  #turn = 0;

  /** Follows what happens until the returned function is called. */
  begin(): () => void {
    const deaf = desk.listen(
      ({ kind }) => {
        if (kind === "desk.changed") this.#loadSoon();
        if (kind === "queue.changed") this.#later ??= setTimeout(() => this.#look(), NOW_AND_THEN + Math.random() * APART);
      },
      () => this.#loadSoon(),
    );
    void this.load();
    return () => {
      deaf();
      clearTimeout(this.#over);
      this.#turn += 1;
      this.#calm();
      this.own = this.settings = null;
      this.because.clear();
      this.#asked.clear();
    };
  }

  /** What is offered no more, and was not answered here, goes with a notice. */
  async load(): Promise<void> {
    const turn = (this.#turn += 1);
    try {
      const own = await take(api.GET("/api/v1/desk"));
      if (turn === this.#turn) this.#put(own);
    } catch {
      // What stands stays: the feed brings the next reason to ask, and the clock another one.
      if (turn === this.#turn) this.#watch(ONCE_MORE);
    }
  }

  /** From then on it follows what happens, as long as one's own place does. */
  async loadSettings(): Promise<void> {
    this.settings = await take(api.GET("/api/v1/queue/settings"));
  }

  /** Shown at once; taken back where it is refused. */
  async set(availability: Availability): Promise<void> {
    const before = this.own?.desk;
    if (!before || before.availability === availability) return;
    const turn = (this.#turn += 1);
    this.#show({ availability });
    try {
      const own = await take(api.PUT("/api/v1/desk", { body: { availability } }));
      if (turn === this.#turn) this.#put(own);
    } catch (error) {
      if (turn === this.#turn) this.#show({ availability: before.availability });
      toasts.failed(error);
      this.#loadSoon();
    }
  }

  /** The conversation opens once the case is one's own. */
  async accept(offer: Offer): Promise<void> {
    if (await this.#answer(offer, "/api/v1/cases/{case_id}/accept")) pagePlace.go(toInbox("mine", offer.person_id));
  }

  async decline(offer: Offer): Promise<void> {
    await this.#answer(offer, "/api/v1/cases/{case_id}/decline");
  }

  async #answer(offer: Offer, path: "/api/v1/cases/{case_id}/accept" | "/api/v1/cases/{case_id}/decline"): Promise<boolean> {
    const { case_id } = offer;
    if (this.answering.has(case_id)) return false;
    this.answering.add(case_id);
    try {
      await done(api.POST(path, { params: { path: { case_id } } }));
      this.#drop(case_id);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === "offer_over") {
        this.#drop(case_id);
        this.#tell(offer);
      } else toasts.failed(error);
      return false;
    } finally {
      this.answering.delete(case_id);
      this.#loadSoon();
    }
  }

  #put(own: OwnDesk): void {
    const isStill = new Set(own.offers.map((one) => one.case_id));
    const gone = (this.own?.offers ?? []).filter((one) => !isStill.has(one.case_id));
    this.own = own;
    for (const one of gone) {
      this.#forget(one.case_id);
      if (!this.answering.has(one.case_id)) this.#tell(one);
    }
    for (const one of own.offers) void this.#ask(one.case_id);
    this.#watch();
  }

  #show(changes: Partial<OwnDesk["desk"]>): void {
    if (this.own) this.own = { ...this.own, desk: { ...this.own.desk, ...changes } };
  }

  #drop(caseId: Id): void {
    this.#turn += 1;
    this.#forget(caseId);
    if (this.own) this.own = { ...this.own, offers: this.own.offers.filter((one) => one.case_id !== caseId) };
  }

  /** It may be offered again, for another reason. */
  #forget(caseId: Id): void {
    this.because.delete(caseId);
    this.#asked.delete(caseId);
  }

  #tell(offer: Offer): void {
    const hasRunOut = Date.parse(offer.until) <= Date.now();
    toasts.tell(lt(hasRunOut ? "duty.expired" : "duty.gone", { name: offer.person_name }));
  }

  /** Without the reason the offer is whole enough: nothing is said of a failure. */
  async #ask(caseId: Id): Promise<void> {
    if (this.#asked.has(caseId)) return;
    this.#asked.add(caseId);
    const params = { path: { case_id: caseId } };
    const found = await take(api.GET("/api/v1/cases/{case_id}/assignments", { params })).catch(() => null);
    const step = found?.steps.find((one) => one.step === "offered" && one.agent_id === session.agentId);
    if (step && this.#asked.has(caseId)) this.because.set(caseId, step.because);
  }

  #watch(least = 0): void {
    clearTimeout(this.#over);
    const ends = (this.own?.offers ?? []).map((one) => Date.parse(one.until));
    if (ends.length === 0) return;
    const left = Math.min(...ends) - Date.now();
    this.#over = setTimeout(() => void this.load(), Math.max(left > 0 ? left : ONCE_MORE, least));
  }

  #loadSoon(): void {
    this.#soon ??= setTimeout(() => this.#look(), TOGETHER);
  }

  #look(): void {
    this.#calm();
    void this.load();
    if (this.settings) void this.loadSettings().catch(() => undefined);
  }

  #calm(): void {
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    this.#soon = this.#later = undefined;
  }
}

export const queue = new QueueStore();
