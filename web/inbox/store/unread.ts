// Where the reader left off.
import type { Id, Message } from "../../shared/api-types";

/** The message that begins the newest `count` unread ones, as far as they are here. */
export function firstUnread(messages: readonly Message[], count: number): Id | null {
  let left = count;
  let found: Id | null = null;
  for (const message of messages.toReversed()) {
    if (left === 0) break;
    if (message.direction !== "in" && !message.joined) continue;
    found = message.id;
    left -= 1;
  }
  return found;
}
