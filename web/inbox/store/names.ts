// What to call somebody where a name alone says too little. Pure.
import type { Identity, Message, Reach, SharedPlace } from "../../shared/api-types";

const READABLE = /@|^\+\d[\d ]{3,19}$/;

/** An address or a phone number that a person can read and compare; machine ids and plain names are left out. */
export function readableHandle(identity: Pick<Identity, "handle" | "handle_shown" | "shown_as"> | undefined): string {
  if (!identity || [identity.handle, identity.handle_shown].includes(identity.shown_as) || !READABLE.test(identity.handle)) return "";
  return identity.handle_shown;
}

/** How an identity is called beside its person's own name: empty where it would only repeat it. */
export function besideName(identity: Pick<Identity, "handle" | "handle_shown" | "shown_as"> | undefined, name: string): string {
  const handle = readableHandle(identity);
  if (handle) return handle;
  return identity && identity.shown_as !== name ? identity.shown_as : "";
}

/** What a place is called: by the address where there is one, and where others read along, or it is one of several, by its title too. */
export function placeName(reach: Reach, identities: readonly Identity[]): string {
  const who = readableHandle(identities.find((one) => one.id === reach.identity_id)) || reach.shown_as;
  return [who, reach.place ? placeTitle(reach.place) : reach.title].filter(Boolean).join(" · ");
}

/** The title of a shared place below that of what it is a part of. Empty if the network tells neither. */
export function placeTitle(place: SharedPlace): string {
  return [place.parent_title, place.title].filter(Boolean).join(" › ");
}

/** The realm in which the handle stands, without the mark for claims: that is said in words beside it. */
export function plainRealm(realm: string): string {
  return realm.replace(/^claimed:/, "");
}

/** The subject that goes on at a place if the agent gives none. */
export function standingSubject(messages: readonly Message[], placeId: number | undefined): string {
  return messages.findLast((one) => one.place_id === placeId && one.subject !== "")?.subject ?? "";
}

type Others = { key: "message.also" | "message.hidden_copies" | "message.passed_on_to"; names: string };

/** Who else a message names, by what they are to it: there too, in secret, or the one it was passed on to. */
export function othersOf(message: Message): Others[] {
  const keyOf = (role: string | undefined): Others["key"] | null => {
    if (role === "from") return null;
    if (role === "bcc") return "message.hidden_copies";
    return role === "to" && message.direction === "note" ? "message.passed_on_to" : "message.also";
  };
  const keys = ["message.passed_on_to", "message.also", "message.hidden_copies"] as const;
  return keys.flatMap((key) => {
    const found = message.participants.filter((one) => keyOf(one.role) === key);
    return found.length > 0 ? [{ key, names: found.map((one) => one.shown_as || one.handle).join(", ") }] : [];
  });
}

/** A page as it is shown: where it is, without how one gets there. What is no address is shown as it stands. */
export function pageName(address: string): string {
  try {
    const url = new URL(address);
    return url.pathname === "/" ? url.host : `${url.host}${url.pathname}`;
  } catch {
    return address;
  }
}
