// Which rows a range of the list takes. Pure.
import type { Id } from "../../shared/api-types";

/** Both ends and what lies between; from nowhere, or from what is gone, the end alone. */
export function between(order: readonly Id[], from: Id | null, to: Id): Id[] {
  const start = from === null ? -1 : order.indexOf(from);
  const end = order.indexOf(to);
  if (end < 0) return [];
  if (start < 0) return [to];
  return order.slice(Math.min(start, end), Math.max(start, end) + 1);
}
