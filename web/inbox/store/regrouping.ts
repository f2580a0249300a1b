// Persons that were joined or parted, or of whom other cases are seen, and which conversations that touches. Pure.
import type { Id, Merge } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import type { Thread } from "./thread";

export type Regrouping = Extract<FeedEvent, { merge: Merge }>;

export function isRegrouping(event: FeedEvent): event is Regrouping {
  return event.kind === "person.merged" || event.kind === "person.split";
}

/** Whose conversations hold other things now: both persons, and whoever else stands for themselves, or for nobody. Else none. */
export function touchedBy(event: FeedEvent): Id[] {
  if (event.kind === "access.changed") return event.person_id === null ? [] : [event.person_id];
  if (!isRegrouping(event)) return [];
  const { merge, rows: changed, gone } = event;
  return [merge.winner_id, merge.loser_id, ...changed.map((row) => row.person_id), ...gone];
}

export function standsIn(thread: Thread, touched: readonly Id[], id: Id): boolean {
  return [id, thread.person.id, ...thread.person.member_ids].some((one) => touched.includes(one));
}
