// What agents do with persons: find, merge, undo, read marks, new cases.
import type { Case, ConversationRow, Id, Merge, PersonHit } from "../../shared/api-types";
import { get, post } from "./client";
import { rows } from "./rows.svelte";
import { threads } from "./threads.svelte";
import { putCase, putMerge } from "./thread";

export async function findPeople(text: string): Promise<PersonHit[]> {
  if (text.trim() === "") return [];
  return (await get<{ persons: PersonHit[] }>("/persons", { q: text.trim() })).persons;
}

export async function mergeInto(loserId: Id, winnerId: Id, reason: string): Promise<void> {
  await post<Merge>(`/persons/${loserId}/merge`, { into: winnerId, reason });
  await threads.reload(winnerId);
}

export async function undoMerge(merge: Merge, personId: Id, reason: string): Promise<void> {
  const undone = await post<Merge>(`/merges/${merge.id}/undo`, { reason });
  threads.change(personId, (thread) => putMerge(thread, undone));
  await threads.reload(personId);
}

/** Read up to here. The dot goes at once; the server's word comes by the feed. */
export async function markRead(row: ConversationRow, messageId: Id): Promise<void> {
  rows.change(row.person_id, { unread: false, unread_count: 0 });
  await post<void>(`/conversations/${row.person_id}/read`, { message_id: messageId });
}

export async function openCase(personId: Id, subject: string): Promise<void> {
  const made = await post<Case>(`/conversations/${personId}/cases`, { subject });
  threads.change(personId, (thread) => putCase(thread, made));
}

export async function loadRevisions(messageId: Id): Promise<{ revision: number; text: string; at: string }[]> {
  type Answer = { revisions: { revision: number; text: string; at: string }[] };
  return (await get<Answer>(`/messages/${messageId}/revisions`)).revisions;
}
