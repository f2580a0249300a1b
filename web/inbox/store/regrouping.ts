// Persons that were joined or parted, and which conversations that touches. Pure.
import type { Id, Merge } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import type { Thread } from "./thread";

export type Regrouping = Extract<FeedEvent, { merge: Merge }>;

export function isRegrouping(event: FeedEvent): event is Regrouping {
  return event.kind === "person.merged" || event.kind === "person.split";
}

/** Both persons, and whoever else stands for themselves now, or for nobody. */
export function touchedBy({ merge, rows: changed, gone }: Regrouping): Id[] {
  return [merge.winner_id, merge.loser_id, ...changed.map((row) => row.person_id), ...gone];
}

export function standsIn(thread: Thread, touched: readonly Id[], id: Id): boolean {
  return [id, thread.person.id, ...thread.person.member_ids].some((one) => touched.includes(one));
}
