// What agents do with persons: find, merge, undo, read marks, new cases.
import type { Case, ConversationRow, Id, Merge, PersonHit, Revision, SentCode } from "../../shared/api-types";
import { api, done, take } from "./client";
import { rows } from "./rows.svelte";
import { threads } from "./threads.svelte";
import { putCase, putMerge } from "./thread";
import { toasts } from "./toasts.svelte";

export async function findPeople(text: string): Promise<PersonHit[]> {
  if (text.trim() === "") return [];
  return (await take(api.GET("/api/v1/persons", { params: { query: { q: text.trim() } } }))).persons;
}

/** All cases of somebody whose conversation isn't open. */
export async function loadCases(personId: Id): Promise<readonly Case[]> {
  return (await take(api.GET("/api/v1/conversations/{person_id}", { params: { path: { person_id: personId } } }))).cases;
}

export async function mergeInto(loserId: Id, winnerId: Id, reason: string): Promise<Merge> {
  const params = { path: { loser_id: loserId } };
  const merge = await take(api.POST("/api/v1/persons/{loser_id}/merge", { params, body: { into: winnerId, reason } }));
  await threads.reload(winnerId);
  return merge;
}

export async function undoMerge(merge: Merge, personId: Id, reason: string): Promise<void> {
  const params = { path: { merge_id: merge.id } };
  const undone = await take(api.POST("/api/v1/merges/{merge_id}/undo", { params, body: { reason } }));
  toasts.over(`merge:${merge.id}`);
  threads.change(personId, (thread) => putMerge(thread, undone));
  await threads.reload(personId);
}

/** Out of this conversation, alone; whoever was joined with it stays. */
export async function splitOut(identityId: Id, personId: Id, reason: string): Promise<void> {
  const params = { path: { identity_id: identityId } };
  await done(api.POST("/api/v1/identities/{identity_id}/split", { params, body: { reason } }));
  await threads.reload(personId);
}

/** A code for somebody who is proven, into their own thread: agents never see it. */
export function sendLinkCode(personId: Id, identityId: Id): Promise<SentCode> {
  const params = { path: { person_id: personId } };
  return take(api.POST("/api/v1/persons/{person_id}/link-codes", { params, body: { identity_id: identityId } }));
}

/** Read up to here. The dot goes at once, and is back if the server refuses; its word comes by the feed. */
export async function markRead({ person_id: id, unread, unread_count }: ConversationRow, messageId: Id): Promise<void> {
  rows.change(id, { unread: false, unread_count: 0 });
  const marked = rows.find(id);
  try {
    await done(api.POST("/api/v1/conversations/{person_id}/read", { params: { path: { person_id: id } }, body: { message_id: messageId } }));
  } catch (error) {
    // What the feed said meanwhile is newer.
    if (rows.find(id) === marked) rows.change(id, { unread, unread_count });
    throw error;
  }
}

export async function openCase(personId: Id, subject: string): Promise<void> {
  const params = { path: { person_id: personId } };
  const made = await take(api.POST("/api/v1/conversations/{person_id}/cases", { params, body: { subject } }));
  threads.change(personId, (thread) => putCase(thread, made));
}

export async function loadRevisions(messageId: Id): Promise<Revision[]> {
  const params = { path: { message_id: messageId } };
  return (await take(api.GET("/api/v1/messages/{message_id}/revisions", { params }))).revisions;
}

/** The whole text of a message that is cut where it is listed. */
export async function loadWhole(messageId: Id): Promise<{ text: string; full_text: string | null }> {
  const params = { path: { message_id: messageId } };
  return take(api.GET("/api/v1/messages/{message_id}/text", { params }));
}
