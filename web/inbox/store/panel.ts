// What agents write down about a person. Each answer is the person as they are then; the feed brings it to others.
import type { Attribute, Forgetting, Id, NoteRevision, Person, PersonNote } from "../../shared/api-types";
import type { components } from "../../shared/api";
import { address, api, done, take } from "./client";
import { putPerson } from "./thread";
import { threads } from "./threads.svelte";

type Shapes = components["schemas"];

async function keep(call: Promise<Person>): Promise<void> {
  const before = new Set([...threads.open.values()].map((thread) => thread.person));
  const person = await call;
  // Somebody whom the feed has changed meanwhile may be newer than the answer; what is not will come by the feed, too.
  threads.change(person.id, (thread) => (before.has(thread.person) ? putPerson(thread, person) : thread));
}

export function addNote(personId: Id, text: string): Promise<void> {
  const params = { path: { person_id: personId } };
  return keep(take(api.POST("/api/v1/persons/{person_id}/notes", { params, body: { text } })));
}

export function changeNote(note: PersonNote, text: string): Promise<void> {
  const params = { path: { note_id: note.id } };
  return keep(take(api.PATCH("/api/v1/person-notes/{note_id}", { params, body: { text, revision: note.revision } })));
}

export function removeNote(note: PersonNote): Promise<void> {
  return keep(take(api.DELETE("/api/v1/person-notes/{note_id}", { params: { path: { note_id: note.id } } })));
}

export async function loadNoteRevisions(note: PersonNote): Promise<NoteRevision[]> {
  const params = { path: { note_id: note.id } };
  return (await take(api.GET("/api/v1/person-notes/{note_id}/revisions", { params }))).revisions;
}

export function noteConsent(personId: Id, purpose: string, isGiven: boolean, source: string): Promise<void> {
  const params = { path: { person_id: personId } };
  return keep(take(api.POST("/api/v1/persons/{person_id}/consents", { params, body: { purpose, is_given: isGiven, source } })));
}

/** Null takes an attribute away. */
export function changePerson(personId: Id, body: { display_name?: string; attributes?: Record<string, Attribute | null> }): Promise<void> {
  return keep(take(api.PATCH("/api/v1/persons/{person_id}", { params: { path: { person_id: personId } }, body })));
}

export function blockPerson(personId: Id, isBlocked: boolean): Promise<void> {
  const params = { path: { person_id: personId } };
  return keep(take(api.PUT("/api/v1/persons/{person_id}/block", { params, body: { is_blocked: isBlocked } })));
}

/** Marked as shared, it gets nothing that needs more proof: what waits for it and does is cancelled. */
export function changeIdentity(identityId: Id, body: { is_blocked?: boolean; is_preferred?: boolean; is_shared?: boolean; shows_pictures?: boolean }): Promise<void> {
  return keep(take(api.PATCH("/api/v1/identities/{identity_id}", { params: { path: { identity_id: identityId } }, body })));
}

export type VisitedPage = Shapes["VisitedPage"];

/** Where they came by lately, newest first; none where the site keeps that to itself. */
export async function loadPages(personId: Id): Promise<VisitedPage[]> {
  const params = { path: { person_id: personId } };
  return (await take(api.GET("/api/v1/persons/{person_id}/pages", { params }))).pages;
}

export function archiveAddress(personId: Id): string {
  return address(`/persons/${personId}/export`);
}

export function countForgotten(personId: Id): Promise<Forgetting> {
  return take(api.GET("/api/v1/persons/{person_id}/erasure", { params: { path: { person_id: personId } } }));
}

export async function erase(personId: Id, name: string): Promise<void> {
  await done(api.POST("/api/v1/persons/{person_id}/erasure", { params: { path: { person_id: personId } }, body: { name } }));
  await threads.reload(personId);
}
