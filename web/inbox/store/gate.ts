// Whether the answer that is being written may go where it is meant to, and where else it might. Pure.
import type { Case, Id, Reach, ReplyTopic, StepUp } from "../../shared/api-types";
import { needOf, refusalAt, stepUpOf, type Refusal } from "./leveling";
import type { Thread } from "./thread";

export type Gate = { refusal: Refusal | null; stepUp: StepUp | undefined; better: Reach | undefined; topicId: Id | null };
export type Asked = { thread: Thread; current: Case | undefined; topics: readonly ReplyTopic[]; topicId: Id | null; hasCopies: boolean; now: number };

/** What stands in the way of an answer to this place. */
export function refusalOf(asked: Asked, place: Reach): Refusal | null {
  const { thread, current, topics, topicId, hasCopies, now } = asked;
  const own = topics.find((one) => one.id === topicId);
  const ofCase = current?.topic ? topics.find((one) => one.name === current.topic) : undefined;
  const identity = thread.person.identities.find((one) => one.id === place.identity_id);
  const stepUp = stepUpOf(current, place.identity_id, own?.id ?? ofCase?.id ?? null, now);
  return refusalAt(place, identity, needOf(current, [own, ofCase]), stepUp?.state === "granted", hasCopies);
}

export function gateOf(asked: Asked, place: Reach | null): Gate {
  const { thread, current, topics, topicId, now } = asked;
  const counting = topicId ?? topics.find((one) => one.name === current?.topic)?.id ?? null;
  if (!place) return { refusal: null, stepUp: undefined, better: undefined, topicId: counting };
  const refusal = refusalOf(asked, place);
  return {
    refusal,
    stepUp: stepUpOf(current, place.identity_id, counting, now),
    better: refusal ? thread.reach.find((one) => one.is_available && refusalOf(asked, one) === null) : undefined,
    topicId: counting,
  };
}
