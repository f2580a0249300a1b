// Which view is open, in what order its rows stand, and how many each view holds.
import type { BuiltInView, ConversationRow, Id, SavedView, Sort, ViewKey } from "../../shared/api-types";
import { askIndex, FIRST_PART, membersOf, surely, withRest, type Asked } from "./asked";
import { api, ApiError, take } from "./client";
import { beside, firstOf, parted, place, recounted, scopeOf, without, withoutGone, type Order, type Scope } from "./index";
import { labels } from "./labels.svelte";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";

const COALESCE = 500;
/** Rows that are known are counted here; the server is asked for the rest, and seldom. */
const RECOUNT = 5000;
/** An index that is only to be trued up is fetched this seldom: it may hold fifty thousand ids. */
const TRUE_UP = 3000;

class Views {
  current: ViewKey = $state("open");
  /** Behind `#order` while the list is held. */
  shown: Order = $state.raw([]);
  counts: Partial<Record<BuiltInView, number>> = $state.raw({});
  saved: SavedView[] = $state.raw([]);
  /** Another order than the view's own, until the page is closed. */
  sorts: Partial<Record<ViewKey, Sort>> = $state.raw({});
  scope: Scope | null = $derived(scopeOf(this.current, this.saved, this.sorts[parted(this.current)[0]]));
  isLoading = $state(true);
  /** False while only the first part of a long list has come, however long the rest takes. */
  isWhole = $state(true);
  failure: unknown = $state.raw(null);
  /** Rows that would move up or come if the list were not held. */
  waiting = $state(0);
  #order: Order = [];
  #isHeld = false;
  #changed = new Map<Id, ConversationRow>();
  #gone = new Set<Id>();
  #own = new Set<Id>();
  #moved = new Set<Id>();
  #newest = new Map<Id, Id>();
  #loads = 0;
  /** The query that `#order` answers; empty: none has been answered. */
  #answered = "";
  #answeredAt = -Infinity;
  #applyTimer: ReturnType<typeof setTimeout> | undefined;
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  #loadTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Fetch the order of a view; the rest of a long one follows. Returns the position that it is true for:
   * who moves in between is told by the feed, and stands where that says.
   */
  async load(view: ViewKey): Promise<number> {
    const load = ++this.#loads;
    this.#loadTimer = void clearTimeout(this.#loadTimer);
    if (view !== this.current) {
      this.shown = this.#order = [];
      this.#answered = "";
    }
    this.current = view;
    this.isLoading = true;
    this.failure = null;
    // What was heard before the index is asked for is in it.
    const heard = [...this.#changed.values()];
    try {
      const query = await this.#scopeOf(view);
      const asked = JSON.stringify(query);
      const isOther = asked !== this.#answered;
      const index = await askIndex(isOther ? { ...query, limit: FIRST_PART } : query);
      if (load !== this.#loads) return index.position;
      this.#answered = asked;
      this.#answeredAt = Date.now();
      this.#order = index.ids;
      const rest = isOther ? index.next : null;
      this.#settle(heard);
      // Who stands behind a part is nothing new, held or not.
      await this.#apply(isOther || !this.isWhole ? "other" : "fresh");
      if (load === this.#loads) this.isWhole = rest === null;
      this.recount();
      if (rest !== null) void this.#loadRest(load, { ...query, before: rest });
      else this.#finish(load);
      return index.position;
    } catch (error) {
      if (load !== this.#loads) throw error;
      this.failure = error;
      this.#answeredAt = Date.now();
      if (this.#answered !== "" && error instanceof ApiError && error.isPassing) this.#trueUp();
      this.#finish(load);
      throw error;
    }
  }

  async #loadRest(load: number, query: Asked): Promise<void> {
    try {
      const whole = await withRest(this.#order, query);
      if (load !== this.#loads) return;
      this.#order = whole;
      this.release();
      this.isWhole = true;
    } catch {
      if (load === this.#loads) this.#trueUp();
    }
    this.#finish(load);
  }

  #finish(load: number): void {
    if (load !== this.#loads) return;
    this.isLoading = false;
    if (this.#changed.size > 0 || this.#gone.size > 0) this.#schedule();
  }

  /** A row changed: it takes its new place within half a second, or when the list is let go. Call it before `rows.put`. */
  take(row: ConversationRow): void {
    const old = rows.find(row.person_id);
    if (old) this.counts = recounted(this.counts, old, row, session.agentId);
    if (old && !this.#newest.has(old.person_id)) this.#newest.set(old.person_id, old.last_message_id);
    this.#changed.set(row.person_id, row);
    this.#gone.delete(row.person_id);
    this.#schedule();
  }

  takeAway(ids: readonly Id[]): void {
    for (const id of ids) {
      this.#gone.add(id);
      this.#changed.delete(id);
    }
    this.#schedule();
  }

  /** Nothing moves under a pointer or while the reader has scrolled away from the top. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (!isHeld) this.release();
  }

  /** What becomes of these is the reader's own doing, and shown under a still pointer too. */
  letGo(ids: readonly Id[]): void {
    for (const id of ids) this.#own.add(id);
  }

  release(): void {
    this.shown = this.#order;
    this.#moved.clear();
    this.waiting = 0;
  }

  clear(): void {
    this.shown = this.#order = [];
    this.counts = {};
    this.saved = labels.all = [];
    this.#loads += 1;
    this.#answered = "";
    for (const kept of [this.#changed, this.#gone, this.#moved, this.#own, this.#newest]) kept.clear();
    for (const timer of [this.#loadTimer, this.#countTimer]) clearTimeout(timer);
    this.#loadTimer = this.#countTimer = undefined;
    this.isLoading = this.isWhole = true;
  }

  /** `isUrgent`: which views there are has changed, and not only how many are in them. */
  recount(isUrgent = false): void {
    if (isUrgent) this.#countTimer = void clearTimeout(this.#countTimer);
    const pause = isUrgent || this.counts.open === undefined ? 0 : RECOUNT;
    // Else the numbers stay as they were; the next event asks again.
    this.#countTimer ??= setTimeout(() => void this.#count().catch(() => undefined), pause);
  }

  /** The view that the desk opens with: as this agent chose, else what is open. */
  first = (): ViewKey => firstOf(session.me?.agent.settings.first_view);

  async sort(sort: Sort): Promise<void> {
    this.sorts = { ...this.sorts, [parted(this.current)[0]]: sort };
    await this.load(this.current);
  }

  /** The person above or below in the list as shown. */
  neighbour(id: Id | null, step: 1 | -1, isWanted: (row: ConversationRow) => boolean = () => true): Id | null {
    return beside(this.shown, id, step, (next) => !rows.find(next) || isWanted(rows.find(next) as ConversationRow));
  }

  #schedule(): void {
    this.recount();
    this.#applyTimer ??= setTimeout(() => {
      this.#applyTimer = undefined;
      // An index that is under way may be older than what was heard since: that waits for it.
      if (!this.isLoading && this.#answered !== "") void this.#apply("same");
    }, COALESCE);
  }

  /** Ask for the same index again: at once, or a while after it was last asked for. */
  #trueUp(): void {
    const pause = Math.max(0, this.#answeredAt + TRUE_UP - Date.now());
    this.#loadTimer ??= setTimeout(() => void this.load(this.current).catch(() => undefined), pause);
  }

  /** `order`: the same as before, the same index read again, or that of another list. */
  async #apply(order: "same" | "fresh" | "other"): Promise<void> {
    const load = this.#loads;
    const heard = [...this.#changed.values()];
    const isMember = await membersOf(this.current, this.scope, heard);
    if (load !== this.#loads) return;
    // What was replaced or went away meanwhile is not put back.
    const changed = heard.filter((row) => this.#changed.get(row.person_id) === row);
    if (isMember) this.#settle(changed);
    if (order !== "same") this.#newest.clear();
    const pending = new Set(changed.map((row) => row.person_id));
    for (const [id, row] of rows.known) {
      if (!this.#newest.has(id) && !pending.has(id)) this.#newest.set(id, row.last_message_id);
    }
    let isSure = isMember !== null;
    this.#order = without(this.#order, [...this.#gone]);
    this.#gone.clear();
    for (const row of isMember ? changed : []) {
      const placed = place(this.#order, this.#newest, row, isMember?.(row) ?? false, this.scope?.sort);
      // What only leaves is nothing new to be shown.
      if (placed.order !== this.#order && placed.order.includes(row.person_id)) this.#moved.add(row.person_id);
      this.#order = placed.order;
      this.#newest.set(row.person_id, row.last_message_id);
      isSure &&= placed.isSure;
    }
    if (order === "other" || !this.#isHeld || this.shown.length === 0) this.release();
    else {
      const before = order === "fresh" ? new Set(this.shown) : null;
      if (before) for (const id of this.#order) if (!before.has(id)) this.#moved.add(id);
      this.waiting = this.#moved.size;
      this.shown = withoutGone(this.shown, this.#order, this.#own);
    }
    if (!isSure) this.#trueUp();
  }

  #settle(heard: readonly ConversationRow[]): void {
    for (const row of heard) if (this.#changed.get(row.person_id) === row) this.#changed.delete(row.person_id);
  }

  async #scopeOf(view: ViewKey): Promise<Scope> {
    if (!scopeOf(view, this.saved, undefined)) await this.#count();
    return surely(view, scopeOf(view, this.saved, this.sorts[parted(view)[0]]));
  }

  async #count(): Promise<void> {
    try {
      const found = await take(api.GET("/api/v1/views"));
      this.counts = Object.fromEntries(found.views.map((one) => [one.key, one.count]));
      this.saved = found.saved;
      labels.all = found.labels;
    } finally {
      this.#countTimer = undefined;
    }
  }
}

export const views = new Views();
