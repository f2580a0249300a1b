// One view of the list: person ids, newest first. Pure: a row and the old order make the new order.
import type { ConversationRow, Id, ViewKey } from "../../shared/api-types";

export type Order = readonly Id[];
/** For each person the id of the newest message, as far as it is known. */
export type Newest = ReadonlyMap<Id, Id>;
export type Placed = { order: Order; isSure: boolean };

/** True if the row belongs to the view of this agent. The server's rule, said again for live changes. */
export function belongs(row: ConversationRow, view: ViewKey, agentId: Id): boolean {
  const isOpen = row.state === "open" || row.state === "waiting";
  switch (view) {
    case "open":
      return isOpen;
    case "mine":
      return isOpen && row.owner?.id === agentId;
    case "unassigned":
      return isOpen && row.owner === null;
    case "solved":
      return row.state === "solved";
    case "all":
      return true;
  }
}

/**
 * The order with one row at its place, or without it. `isSure` is false where the place depends on rows
 * that were never loaded: then the server must be asked for the index again.
 */
export function place(order: Order, newest: Newest, row: ConversationRow, isMember: boolean): Placed {
  const id = row.person_id;
  const at = order.indexOf(id);
  const rest = at < 0 ? order : [...order.slice(0, at), ...order.slice(at + 1)];
  if (!isMember) return { order: at < 0 ? order : rest, isSure: true };
  if (at >= 0 && newest.get(id) === row.last_message_id) return { order, isSure: true };
  for (let spot = 0; spot < rest.length; spot += 1) {
    const other = newest.get(rest[spot] as Id);
    if (other !== undefined && other > row.last_message_id) continue;
    const order = [...rest.slice(0, spot), id, ...rest.slice(spot)];
    // Ahead of an unknown row is right only where the message is newer than all that is known.
    return { order, isSure: other !== undefined || isNewestOfAll(newest, row) };
  }
  return { order: [...rest, id], isSure: true };
}

function isNewestOfAll(newest: Newest, row: ConversationRow): boolean {
  for (const [id, last] of newest) {
    if (id !== row.person_id && last > row.last_message_id) return false;
  }
  return true;
}

/** Take away persons that no longer stand for themselves. */
export function without(order: Order, gone: readonly Id[]): Order {
  return gone.length === 0 ? order : order.filter((id) => !gone.includes(id));
}
