// What the server is asked about a list: its ids in order, and which rows belong to it.
import type { ConversationRow, Id, Index, ViewKey } from "../../shared/api-types";
import { api, take } from "./client";
import { belongs, isRowView, type Order, type Scope } from "./index";
import { session } from "./session.svelte";

export type Asked = Scope & { before?: Id; limit?: number };

/** Of a list of which nothing is here, so many come first: more than can be seen of it. */
export const FIRST_PART = 200;
const MOST_ASKED = 120;

export function askIndex(query: Asked): Promise<Index> {
  return take(api.GET("/api/v1/conversations/index", { params: { query } }));
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
