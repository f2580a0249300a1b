// An agent's own replies, changed and taken back after they were sent.
import type { Id, Message, Reach } from "../../shared/api-types";
import { api, take } from "./client";
import type { Rich } from "./rich";
import { threads } from "./threads.svelte";

export async function editReply(personId: Id, message: Message, key: string, rich: Rich): Promise<void> {
  const params = { path: { message_id: message.id } };
  const body = { client_key: key, text: rich.text, spans: [...rich.spans] };
  threads.putMessage(personId, await take(api.PATCH("/api/v1/messages/{message_id}", { params, body })));
}

export async function deleteReply(personId: Id, message: Message): Promise<void> {
  const params = { path: { message_id: message.id } };
  threads.putMessage(personId, await take(api.DELETE("/api/v1/messages/{message_id}", { params })));
}

/** What its author may do with a reply, as far as the page can know; the server knows how old is too old. */
export function changesOf(message: Message, agentId: Id, reach: readonly Reach[]): { edit: boolean; delete: boolean } {
  const isOwn = message.direction === "out" && message.author.kind === "agent" && message.author.id === agentId;
  const capabilities = reach.find((one) => one.place_id === message.place_id)?.capabilities;
  if (!isOwn || message.deleted_at !== null || !capabilities) return { edit: false, delete: false };
  return { edit: capabilities.edit, delete: capabilities.delete };
}
