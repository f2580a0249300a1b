// One view of the list: person ids in its order. Pure: a row and the old order make the new order.
import type { BuiltInView, ConversationRow, Id, RowView, SavedView, Sort, ViewKey, WholeView } from "../../shared/api-types";

export type Order = readonly Id[];
/** For each person the id of the newest message, as far as it is known. */
export type Newest = ReadonlyMap<Id, Id>;
export type Placed = { order: Order; isSure: boolean };
/** What the server is asked for. */
export type Scope = { view: BuiltInView; q: string; sort: Sort };

export const ROW_VIEWS: readonly RowView[] = ["open", "mine", "unassigned", "snoozed", "solved", "all"];
export const BUILT_IN: readonly BuiltInView[] = ["open", "mine", "unassigned", "mentions", "snoozed", "solved", "all"];

export function isBuiltIn(view: ViewKey): view is BuiltInView {
  return (BUILT_IN as readonly string[]).includes(view);
}

/** Whether rows themselves say what is in it; of any other view the server does. */
export function isRowView(view: ViewKey): view is RowView {
  return (ROW_VIEWS as readonly string[]).includes(view);
}

export function keyOf(saved: SavedView): WholeView {
  return `v${saved.id}`;
}

/** What a view shows; null: a saved one that is not there (any more). */
export function scopeOf(view: ViewKey, saved: readonly SavedView[], sort: Sort | undefined): Scope | null {
  const [whole, filter] = parted(view);
  if (isBuiltIn(whole)) return { view: whole, q: filter, sort: sort ?? "newest" };
  const found = saved.find((one) => keyOf(one) === whole);
  return found ? { view: "all", q: both(found.query, filter), sort: sort ?? found.sort } : null;
}

/** The view, and the query that leaves a part of it; empty: all of it. */
export function parted(view: ViewKey): [WholeView, string] {
  const at = view.indexOf("~");
  return at < 0 ? [view as WholeView, ""] : [view.slice(0, at) as WholeView, view.slice(at + 1)];
}

export function filtered(view: ViewKey, filter: string): ViewKey {
  const [whole] = parted(view);
  return filter.trim() === "" ? whole : `${whole}~${filter.trim()}`;
}

const UNSOLVED = "(is:open OR is:waiting)";
const SAID: Record<BuiltInView, string> = {
  open: UNSOLVED, mine: `assignee:me ${UNSOLVED}`, unassigned: `is:unassigned ${UNSOLVED}`, mentions: "is:mention", snoozed: "is:snoozed", solved: "is:solved", all: "",
};

/** What is seen there as one query, to be kept under a name. */
export function queryOf(view: ViewKey, saved: readonly SavedView[]): string {
  const [whole, filter] = parted(view);
  return isBuiltIn(whole) ? both(SAID[whole], filter) : both(saved.find((one) => keyOf(one) === whole)?.query ?? "", filter);
}

const both = (one: string, other: string): string => (one && other ? `(${one}) (${other})` : one || other);

/** True if the row belongs to the view of this agent. The server's rule, said again for live changes. */
export function belongs(row: ConversationRow, view: RowView, agentId: Id): boolean {
  const isOpen = row.state === "open" || row.state === "waiting";
  switch (view) {
    case "open":
      return isOpen;
    case "mine":
      return isOpen && row.owner?.id === agentId;
    case "unassigned":
      return isOpen && row.owner === null;
    case "snoozed":
    case "solved":
      return row.state === view;
    case "all":
      return true;
  }
}

/** The numbers of the built-in views after one row changed, the same if none did: exact where the row was known before. */
export function recounted(
  counts: Partial<Record<BuiltInView, number>>,
  before: ConversationRow,
  after: ConversationRow,
  agentId: Id,
): Partial<Record<BuiltInView, number>> {
  let next = counts;
  for (const view of ROW_VIEWS) {
    const by = Number(belongs(after, view, agentId)) - Number(belongs(before, view, agentId));
    const count = next[view];
    if (count !== undefined && by !== 0) next = { ...next, [view]: Math.max(0, count + by) };
  }
  return next;
}

/**
 * The order with one row at its place, or without it. `isSure` is false where the place depends on rows
 * that were never loaded, or on more than rows say: then the server must be asked for the index again.
 */
export function place(order: Order, newest: Newest, row: ConversationRow, isMember: boolean, sort: Sort = "newest"): Placed {
  const id = row.person_id;
  const at = order.indexOf(id);
  if (!isMember) return { order: at < 0 ? order : moved(order, at, null, id), isSure: true };
  if (sort === "priority") return { order: at < 0 ? [...order, id] : order, isSure: false };
  if (at >= 0 && newest.get(id) === row.last_message_id) return { order, isSure: true };
  if (sort === "waiting" || sort === "due") return { order: at < 0 ? [...order, id] : order, isSure: false };
  const isBefore = (other: Id): boolean => (sort === "newest" ? other > row.last_message_id : other < row.last_message_id);
  for (let spot = 0; spot < order.length; spot += 1) {
    if (spot === at) continue;
    const other = newest.get(order[spot] as Id);
    if (other !== undefined && isBefore(other)) continue;
    // Ahead of an unknown row is right only where nothing that is known belongs before ours.
    return { order: moved(order, at, spot, id), isSure: other !== undefined || isFirstOfAll(newest, id, isBefore) };
  }
  return { order: moved(order, at, order.length, id), isSure: true };
}

/** With the one at `from` (-1: none) ahead of the one at `to`, or gone. Orders are long: they are copied once. */
function moved(order: Order, from: number, to: number | null, id: Id): Order {
  if (from >= 0 && (to === from || to === from + 1)) return order;
  const made = [...order];
  if (to !== null) made.splice(to, 0, id);
  if (from >= 0) made.splice(to !== null && to <= from ? from + 1 : from, 1);
  return made;
}

function isFirstOfAll(newest: Newest, id: Id, isBefore: (other: Id) => boolean): boolean {
  for (const [other, last] of newest) if (other !== id && isBefore(last)) return false;
  return true;
}

/** Take away persons that no longer stand for themselves. */
export function without(order: Order, gone: readonly Id[]): Order {
  return gone.length === 0 ? order : order.filter((id) => !gone.includes(id));
}

/** The next one above or below that is wanted; from nobody, the first or the last. */
export function beside(ids: readonly Id[], from: Id | null, step: 1 | -1, isWanted: (id: Id) => boolean): Id | null {
  let at = from === null ? (step === 1 ? -1 : ids.length) : ids.indexOf(from);
  for (at += step; at >= 0 && at < ids.length; at += step) if (isWanted(ids[at] as Id)) return ids[at] as Id;
  return null;
}

/** What stays in sight while the order is held: everything but those of `own` that left the list. */
export function withoutGone(shown: readonly Id[], order: readonly Id[], own: ReadonlySet<Id>): readonly Id[] {
  if (own.size === 0) return shown;
  const still = new Set(order);
  return shown.filter((id) => still.has(id) || !own.has(id));
}

/** The view that an agent chose to begin with. */
export function firstOf(chosen: unknown): ViewKey {
  const isOne = typeof chosen === "string" && (isBuiltIn(chosen as ViewKey) || /^v\d+$/.test(chosen));
  return isOne ? (chosen as ViewKey) : "open";
}
