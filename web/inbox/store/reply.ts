// What the composer sends: one body out of all that the agent wrote and chose. Pure.
import type { Attachment, Case, Id, NewMessage, Reach } from "../../shared/api-types";
import type { Kind, Written } from "./drafts.svelte";
import { fieldsOf, type Privacy } from "./public";
import { trimmed } from "./rich";

export type Chosen = {
  kind: Kind;
  written: Written;
  files: readonly Attachment[];
  current: Case | undefined;
  place: Reach | null;
  privacy: Privacy;
  /** The newest message that the agent has seen. */
  seenId: Id | undefined;
  then?: Then;
};
/** What else is wanted with it: a later time, what becomes of the case, or answers to choose from. */
export type Then = { sendAt?: Date; afterwards?: { state: "solved" | "snoozed"; snoozed_until?: string | null }; offers?: string[] };

/** Those that the text still names. */
function mentionsOf({ text, named }: Written): Pick<NewMessage, "mentioned_agents" | "mentioned_teams"> {
  const told = named.filter((one) => text.includes(`@${one.name}`));
  const ids = (all: (Id | undefined)[]): Id[] => [...new Set(all.filter((id) => id !== undefined))];
  return { mentioned_agents: ids(told.map((one) => one.agentId)), mentioned_teams: ids(told.map((one) => one.teamId)) };
}

export function bodyOf({ kind, written, files, current, place, privacy, seenId, then = {} }: Chosen): NewMessage {
  const body: NewMessage = {
    client_key: "",
    kind,
    ...trimmed(written),
    attachment_ids: files.map((one) => one.id),
    ...(current ? { case_id: current.id } : {}),
  };
  if (kind === "note") return { ...body, ...mentionsOf(written) };
  if (!place) return body;
  const { subject: takesSubject, copies: takesCopies } = place.capabilities;
  const subject = takesSubject ? written.subject.trim() : "";
  const copies = takesCopies ? written.copies : [];
  const offers = [...(then.offers ?? written.offers)];
  return {
    ...body,
    place_id: place.place_id,
    expect_last_id: seenId,
    ...(then.sendAt ? { send_at: then.sendAt.toISOString() } : { hold_seconds: place.hold_seconds }),
    ...(then.afterwards ? { afterwards: then.afterwards } : {}),
    ...(offers.length > 0 && place.capabilities.buttons ? { offers } : {}),
    ...(place.identity_id ? { identity_id: place.identity_id } : {}),
    ...(written.topicId ? { topic_id: written.topicId } : {}),
    ...fieldsOf(place, privacy),
    ...(copies.length > 0 ? { copies: copies.map((one) => ({ address: one.address, name: one.name, is_hidden: one.isHidden })) } : {}),
    ...(subject ? { subject } : {}),
  };
}
