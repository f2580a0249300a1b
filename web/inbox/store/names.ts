// What to call somebody where a name alone says too little. Pure.
import type { Identity, Message, Reach } from "../../shared/api-types";

const READABLE = /@|^\+\d[\d ]{3,19}$/;

/** An address or a phone number that a person can read and compare; machine ids and plain names are left out. */
export function readableHandle(identity: Identity | undefined): string {
  if (!identity || identity.handle === identity.shown_as || !READABLE.test(identity.handle)) return "";
  return identity.handle;
}

/** How an identity is called beside its person's own name: empty where it would only repeat it. */
export function besideName(identity: Identity | undefined, name: string): string {
  const handle = readableHandle(identity);
  if (handle) return handle;
  return identity && identity.shown_as !== name ? identity.shown_as : "";
}

/** What a place is called: by the address where there is one. */
export function placeName(reach: Reach, identities: readonly Identity[]): string {
  return readableHandle(identities.find((one) => one.id === reach.identity_id)) || reach.shown_as;
}

/** The realm in which the handle stands, without the mark for claims: that is said in words beside it. */
export function plainRealm(realm: string): string {
  return realm.replace(/^claimed:/, "");
}

/** The subject that goes on at a place if the agent gives none. */
export function standingSubject(messages: readonly Message[], placeId: number | undefined): string {
  return messages.findLast((one) => one.place_id === placeId && one.subject !== "")?.subject ?? "";
}
