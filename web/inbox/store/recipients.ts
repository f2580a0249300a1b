// Whom a typed address means, asked of the server; and what is passed on to outsiders.
import type { Id, Message, NewForward, Recipient } from "../../shared/api-types";
import { api, take } from "./client";
import { threads } from "./threads.svelte";

/** Raises ApiError with a sentence if it is no address on the account's channel. */
export function readRecipient(accountId: Id, address: string): Promise<Recipient> {
  return take(api.POST("/api/v1/recipients", { body: { account_id: accountId, address } }));
}

/** Pass it on; what went out stands in the conversation as a note. Once for each client key. */
export async function passOn(message: Message, personId: Id, body: NewForward): Promise<void> {
  const params = { path: { person_id: personId, message_id: message.id } };
  const call = api.POST("/api/v1/conversations/{person_id}/messages/{message_id}/forward", { params, body });
  threads.putMessage(personId, await take(call));
}
