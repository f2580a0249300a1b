// What participants of a case wrote: it stands in their own conversations and is fetched when it is looked at.
import type { JoinedMessage, Message } from "../../shared/api-types";
import { api, ApiError, take } from "./client";

/** Raises ApiError: it may be gone, or not be this agent's to see. */
export async function loadJoined({ person_id, message_id }: JoinedMessage): Promise<Message> {
  const params = { path: { person_id }, query: { around: message_id, limit: 1 } };
  const page = await take(api.GET("/api/v1/conversations/{person_id}/messages", { params }));
  const found = page.messages.find((one) => one.id === message_id);
  if (!found) throw new ApiError(404, "not_found", "There is no such message any more.");
  return found;
}
