// What the server is asked about a list: its ids in order, and which rows belong to it.
import type { ConversationRow, Id, Index, ViewKey } from "../../shared/api-types";
import { api, ApiError, take } from "./client";
import { belongs, isRowView, parted, type Order, type Scope } from "./index";
import { session } from "./session.svelte";
import { strayOf } from "./terms";

export type Asked = Scope & { before?: Id; limit?: number };

/** Of a list of which nothing is here, so many come first: more than can be seen of it. */
export const FIRST_PART = 200;
const MOST_ASKED = 120;

export function askIndex(query: Asked): Promise<Index> {
  return take(api.GET("/api/v1/conversations/index", { params: { query } }));
}

/** How much of the whole query stands before the filter. */
const before = (q: string, filter: string): string => (q === filter ? "" : q.slice(0, q.length - filter.length - 1));

/** What the view shows. Raises ApiError where it is not there, and for a filter that would show more than the view does. */
export function surely(view: ViewKey, scope: Scope | null): Scope {
  if (scope === null) throw new ApiError(404, "not_found", "");
  const filter = parted(view)[1];
  const first = before(scope.q, filter);
  const stray = first && strayOf(filter);
  if (stray) throw new ApiError(400, `query_${stray.code}`, "", "q", { at: [...first + filter.slice(0, stray.at)].length, length: 1 });
  return scope;
}

/** At which character of the view's filter the fault begins for which a list was refused; null: the filter is not at fault. */
export function faultAt(error: unknown, view: ViewKey, scope: Scope | null): number | null {
  const filter = parted(view)[1];
  if (!(error instanceof ApiError) || !error.code.startsWith("query_") || !filter || !scope) return null;
  // What is wrong with all of it may be mended here.
  if (!error.more.length) return 0;
  const at = Number(error.more.at) - [...before(scope.q, filter)].length;
  return at < 0 ? null : at;
}

/** The order of the first part, and behind it what has not moved to there since. */
export async function withRest(first: Order, query: Asked): Promise<Order> {
  const { ids } = await askIndex(query);
  const known = new Set(first);
  return [...first, ...ids.filter((id) => !known.has(id))];
}

/** Who of them is in the view: said by the rows themselves, or by the server where a query decides. Null: unknown. */
export async function membersOf(view: ViewKey, scope: Scope | null, changed: readonly ConversationRow[]): Promise<((row: ConversationRow) => boolean) | null> {
  if (isRowView(view)) return (row) => belongs(row, view, session.agentId);
  if (changed.length === 0) return () => false;
  if (scope === null || changed.length > MOST_ASKED) return null;
  const body = { ...scope, ids: changed.map((row) => row.person_id) };
  const found = await take(api.POST("/api/v1/conversations/belonging", { body })).catch(() => null);
  const ids = found && new Set(found.ids);
  return ids && ((row) => ids.has(row.person_id));
}
