// Which view is open, in what order its rows stand, and how many each view holds.
import type { ConversationRow, Id, ViewKey } from "../../shared/api-types";
import { api, take } from "./client";
import { belongs, place, without, type Order } from "./index";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";

export const VIEWS: readonly ViewKey[] = ["open", "mine", "unassigned", "solved", "all"];
const COALESCE = 500;
const RECOUNT = 1500;

class Views {
  current: ViewKey = $state("open");
  /** What the list shows. Behind `#order` while the list is held. */
  shown: Order = $state.raw([]);
  counts: Partial<Record<ViewKey, number>> = $state.raw({});
  isLoading = $state(true);
  hasFailed = $state(false);
  /** Rows that would move or come if the list were not held. */
  waiting = $state(0);
  #order: Order = [];
  #isHeld = false;
  #changed = new Map<Id, ConversationRow>();
  #gone = new Set<Id>();
  #moved = new Set<Id>();
  #newest = new Map<Id, Id>();
  #loads = 0;
  #applyTimer: ReturnType<typeof setTimeout> | undefined;
  #countTimer: ReturnType<typeof setTimeout> | undefined;

  /** Fetch the whole order of a view. Returns the position that it is true for. */
  async load(view: ViewKey): Promise<number> {
    const load = ++this.#loads;
    if (view !== this.current) this.shown = this.#order = [];
    this.current = view;
    this.isLoading = true;
    this.hasFailed = false;
    this.#changed.clear();
    try {
      const index = await take(api.GET("/api/v1/conversations/index", { params: { query: { view } } }));
      if (load !== this.#loads) return index.position;
      this.#order = index.ids;
      this.#apply(true);
      this.recount();
      return index.position;
    } catch (error) {
      this.hasFailed = load === this.#loads;
      throw error;
    } finally {
      if (load === this.#loads) this.isLoading = false;
    }
  }

  /** A row changed: it takes its new place within half a second, or when the list is let go. Call it before `rows.put`. */
  take(row: ConversationRow): void {
    const old = rows.find(row.person_id);
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

  release(): void {
    this.shown = this.#order;
    this.#moved.clear();
    this.waiting = 0;
  }

  clear(): void {
    this.shown = this.#order = [];
    this.counts = {};
    this.#changed.clear();
    this.#newest.clear();
    this.isLoading = true;
  }

  recount(): void {
    this.#countTimer ??= setTimeout(() => void this.#count(), this.counts.open === undefined ? 0 : RECOUNT);
  }

  /** The person above or below in the list as shown. */
  neighbour(id: Id | null, step: 1 | -1, isWanted: (row: ConversationRow) => boolean = () => true): Id | null {
    let at = id === null ? (step === 1 ? -1 : this.shown.length) : this.shown.indexOf(id);
    for (at += step; at >= 0 && at < this.shown.length; at += step) {
      const next = this.shown[at] as Id;
      const row = rows.find(next);
      if (!row || isWanted(row)) return next;
    }
    return null;
  }

  #schedule(): void {
    this.recount();
    this.#applyTimer ??= setTimeout(() => {
      this.#applyTimer = undefined;
      this.#apply(false);
    }, COALESCE);
  }

  #apply(isFresh: boolean): void {
    if (isFresh) this.#newest.clear();
    for (const [id, row] of rows.known) {
      if (!this.#newest.has(id) && !this.#changed.has(id)) this.#newest.set(id, row.last_message_id);
    }
    let isSure = true;
    this.#order = without(this.#order, [...this.#gone]);
    for (const row of this.#changed.values()) {
      const placed = place(this.#order, this.#newest, row, belongs(row, this.current, session.agentId));
      if (placed.order !== this.#order) this.#moved.add(row.person_id);
      this.#order = placed.order;
      this.#newest.set(row.person_id, row.last_message_id);
      isSure &&= placed.isSure;
    }
    this.#changed.clear();
    this.#gone.clear();
    if (this.#isHeld && this.shown.length > 0 && !isFresh) this.waiting = this.#moved.size;
    else this.release();
    if (!isSure && !isFresh) void this.load(this.current).catch(() => undefined);
  }

  async #count(): Promise<void> {
    try {
      const { views } = await take(api.GET("/api/v1/views"));
      this.counts = Object.fromEntries(views.map((one) => [one.key, one.count]));
    } catch {
      // The numbers stay as they were; the next event asks again.
    }
    this.#countTimer = undefined;
  }
}

export const views = new Views();
