// Whether something that came in is to be heard. Pure.
import type { ConversationRow, Message } from "../../shared/api-types";

/** What people write, unless they or the identity by which they wrote are blocked: that is kept, and stays silent. */
export function rings(message: Message, row: ConversationRow | null): boolean {
  if (message.direction !== "in" && !message.joined) return false;
  if (!row) return true;
  return !row.is_blocked && !(message.identity_id !== null && row.blocked_identities.includes(message.identity_id));
}
