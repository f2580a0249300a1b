// Which conversations are picked, and the change of many that is under way. The server does it, and can undo it.
import type { BulkChange, BulkJob, Id, JoinPreview, JoinWanted } from "../../shared/api-types";
import { holdKeys, type LetGo } from "../../shared/ui/held-keys";
import { api, done, take } from "./client";
import { commands, type Runs } from "./commands.svelte";
import { between } from "./picking";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";

/** A change that is done offers its undo on a page that is opened anew for so long. */
const OFFERED = 15 * 60_000;
/** As many are made one person at once. */
const MOST_JOINED = 20;
type Question = "field" | "incident" | "labels" | "merge" | "owner" | "priority" | "snooze" | "topic";

class Bulk {
  picked: ReadonlySet<Id> = $state.raw(new Set());
  /** Everything in the view, also what this page has not loaded. */
  isWhole = $state(false);
  job: BulkJob | null = $state.raw(null);
  isStarting = $state(false);
  /** The question about all that is picked which the bar puts, as soon as it is there. */
  asked: Question | null = $state(null);
  #letGo: LetGo | undefined;
  #anchor: Id | null = null;
  #dismissed = 0;

  /** False while all are picked of a list of which only a part has come: nobody can say yet how many that are. */
  get isSure(): boolean {
    return !this.isWhole || views.isWhole;
  }
  get count(): number {
    return this.isWhole ? views.shown.length : this.picked.size;
  }
  get chosen(): readonly Id[] {
    return this.isWhole ? views.shown : [...this.picked];
  }
  get mayJoin(): boolean {
    return this.count > 1 && this.count <= MOST_JOINED && session.can("persons.merge");
  }
  has(id: Id): boolean {
    return this.isWhole || this.picked.has(id);
  }

  /**
   * With rows picked, a key that changes a conversation speaks of all of them and never of the one that is open: from the pick
   * on, also before the bar is there. What cannot be done with them is said.
   */
  lend(): () => void {
    const ofPicked = (run: () => void): (() => void) | undefined => (this.count > 0 && session.can("cases.change") ? run : undefined);
    const asks = (what: Question, isPossible = true): (() => void) | undefined =>
      ofPicked(() => (isPossible ? this.ask(what) : tellImpossible()));
    const changes = (change: () => BulkChange): (() => void) | undefined => ofPicked(() => void this.run(change()));
    return commands.lendBefore({
      get assign() { return asks("owner"); },
      get priority() { return asks("priority"); },
      get label() { return asks("labels"); },
      get snooze() { return asks("snooze"); },
      get merge() { return asks("merge", bulk.mayJoin); },
      get spam() { return ofPicked(tellImpossible); },
      get toggleSolved() { return changes(() => ({ state: "solved" })); },
      get solveNext() { return changes(() => ({ state: "solved" })); },
      get assignMe() { return changes(() => ({ owner_id: session.agentId })); },
      get toggleUnread() { return changes(() => ({ is_read: bulk.chosen.some((id) => rows.find(id)?.unread) })); },
    } satisfies Runs);
  }

  /** Keys that follow belong to the question: until the bar is there, they are held here. */
  ask(what: Question): void {
    if (!this.isSure) return;
    const before = this.#letGo;
    this.#letGo = holdKeys(() => ((this.asked = null), this.#letGo = undefined));
    before?.();
    this.asked = what;
  }

  /** The bar is there, and holds the keys itself for what it is asked. */
  answer(): void {
    const isMeant = this.#letGo?.(this.asked === null) ?? true;
    this.#letGo = undefined;
    // It came too late: what is pressed by now is meant for something else.
    if (!isMeant) this.asked = null;
  }

  toggle(id: Id): void {
    if (!this.isSure) return;
    const next = new Set(this.isWhole ? views.shown : this.picked);
    if (!next.delete(id)) next.add(id);
    this.#anchor = id;
    this.#set(next);
  }

  /** From the last one picked to this one. */
  range(id: Id): void {
    this.#set(new Set([...this.picked, ...between(views.shown, this.#anchor, id)]));
    this.#anchor = id;
  }

  all(): void {
    this.isWhole = views.shown.length > 0;
    this.picked = new Set();
  }

  clear(): void {
    this.isWhole = false;
    this.#callOff();
    this.#anchor = null;
    if (this.picked.size > 0) this.picked = new Set();
  }

  async run(change: BulkChange | Promise<BulkChange>): Promise<void> {
    await this.start(change).catch((error: unknown) => toasts.failed(error));
  }

  /** Of what is picked by now, also if the change is not known yet. Raises ApiError. */
  async start(change: BulkChange | Promise<BulkChange>): Promise<void> {
    if (!this.isSure) return;
    const scope = views.scope;
    const list = scope && { view: scope.view, q: scope.q };
    const chosen = this.isWhole && list ? { whole: list } : { ids: [...this.picked], ...(list ? { picked_in: list } : {}) };
    const ids = this.chosen;
    this.isStarting = true;
    try {
      const known = change instanceof Promise ? await change : change;
      views.letGo(ids);
      this.take(await take(api.POST("/api/v1/bulk", { body: { change: known, ...chosen } })));
      this.clear();
    } finally {
      this.isStarting = false;
    }
  }

  /** They are one person, with one undo for all. Raises ApiError. */
  async join(wanted: JoinWanted): Promise<void> {
    views.letGo(wanted.ids);
    this.take(await take(api.POST("/api/v1/bulk/join", { body: wanted })));
    this.clear();
  }

  /** One conversation, by its own key: what is picked stays, and so does the undo of what was done before. */
  async mark(id: Id, isRead: boolean): Promise<void> {
    try {
      await done(api.POST("/api/v1/bulk", { body: { change: { is_read: isRead }, ids: [id] } }));
    } catch (error) {
      toasts.failed(error);
    }
  }

  /** What was under way before this page was opened, or came to its end while the feed was cut. */
  async load(): Promise<void> {
    if (!session.can("cases.change")) return;
    const { jobs } = await take(api.GET("/api/v1/bulk"));
    const newest = jobs.find((job) => !isOneMark(job));
    if (newest && (newest.id === this.job?.id || isOffered(newest))) this.take(newest);
  }

  async undo(): Promise<void> {
    if (!this.job) return;
    const params = { path: { job_id: this.job.id } };
    try {
      this.take(await take(api.POST("/api/v1/bulk/{job_id}/undo", { params })));
    } catch (error) {
      toasts.failed(error);
    }
  }

  /** The feed may be ahead of an answer: what is further along stays. */
  take(job: BulkJob): void {
    if (isOneMark(job) || job.id <= this.#dismissed) return;
    if (this.job && (job.id < this.job.id || (job.id === this.job.id && rank(job) < rank(this.job)))) return;
    this.job = job;
  }

  /** What one agent has picked is not the next one's to change. */
  forget(): void {
    this.clear();
    this.job = null;
  }

  dismiss(): void {
    this.#dismissed = this.job?.id ?? this.#dismissed;
    this.job = null;
  }

  #callOff(): void {
    this.asked = null;
    this.answer();
  }

  #set(picked: ReadonlySet<Id>): void {
    if (picked.size === 0) this.#callOff();
    this.isWhole = false;
    this.picked = picked;
  }
}

/** Who would be one person; who is to stand for all is chosen for those who don't say. */
export function previewJoin(ids: readonly Id[], winnerId?: Id): Promise<JoinPreview> {
  return take(api.POST("/api/v1/bulk/join-preview", { body: { ids: [...ids], winner_id: winnerId ?? null } }));
}

/** The words come with the bar, at the latest now. */
function tellImpossible(): void {
  void import("./list-words.svelte").then(({ lt }) => toasts.show(lt("bulk.cannot"))).catch((error: unknown) => toasts.failed(error));
}

/** Its own key takes it back: nothing to follow, nothing to undo. */
function isOneMark(job: BulkJob): boolean {
  return job.wanted === 1 && Object.keys(job.change).join() === "is_read";
}

function isOffered(job: BulkJob): boolean {
  const isUnderWay = job.state === "running" || job.state === "undoing";
  return isUnderWay || (job.state === "done" && Date.now() - Date.parse(job.made_at) < OFFERED);
}

function rank(job: BulkJob): number {
  const far = job.wanted - job.waiting + job.undone + job.kept;
  return ["running", "done", "undoing", "undone"].indexOf(job.state) * 1_000_000 + far;
}

export const bulk = new Bulk();
