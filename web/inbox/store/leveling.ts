// Whether the desk would let an answer go where it is meant to, told before it is sent. Pure.
// The server decides; this is its rule as far as the page knows the facts.
import type { Case, Identity, Reach, ReplyTopic, StepUp } from "../../shared/api-types";
import { stepOf } from "./evidence";

export type Step = 0 | 1 | 2 | 3;
export type LowReason = "in_public" | "claimed" | "shared" | "other_account" | "not_linked" | "no_step_up" | "copies" | "outsider";
export type Need = { level: number; channels: readonly string[] | null; account: string | null };
export type Refusal =
  | { kind: "level"; needed: Step; present: Step; reason: LowReason; canStepUp: boolean }
  | { kind: "channel"; channels: readonly string[] };

/** What a case, its topic and the reply's own topic ask for together. */
export function needOf(current: Case | undefined, all: readonly (ReplyTopic | undefined)[]): Need {
  const asking = [current, ...all].filter((one) => one !== undefined);
  const lists = asking.map((one) => one.allowed_channels).filter((one) => one.length > 0);
  const [first, ...others] = lists;
  return {
    level: Math.max(0, ...asking.map((one) => one.minimum_level)),
    channels: first ? first.filter((channel) => others.every((list) => list.includes(channel))) : null,
    account: current?.host_account ?? null,
  };
}

/** The step-up that counts now, or else is waited for: of this identity, for this topic. */
export function stepUpOf(current: Case | undefined, identityId: number | null, topicId: number | null, now: number): StepUp | undefined {
  const own = (current?.step_ups ?? []).filter(
    (one) => one.identity_id === identityId && one.topic_id === topicId && one.state !== "over" && Date.parse(one.ends_at) > now,
  );
  return own.findLast((one) => one.state === "granted") ?? own.at(-1);
}

/** How well it is proven who reads what is said there. */
export function presentAt(place: Reach, identity: Identity | undefined, need: Need, isSteppedUp: boolean): Step {
  if (place.place || !identity) return place.place ? 0 : stepOf(Math.min(place.level, 2), place.is_claimed);
  const ownLevel = stepOf(Math.min(identity.level, identity.is_shared ? 1 : 2), identity.is_claimed);
  const level = isOtherAccount(identity, need) ? (Math.min(ownLevel, 1) as Step) : ownLevel;
  return level === 2 && isSteppedUp ? 3 : level;
}

export function refusalAt(
  place: Reach, identity: Identity | undefined, need: Need, isSteppedUp: boolean, hasCopies = false,
): Refusal | null {
  if (need.channels && !need.channels.includes(place.channel)) return { kind: "channel", channels: need.channels };
  const present = presentAt(place, identity, need, isSteppedUp);
  const needed = Math.min(3, need.level) as Step;
  if (hasCopies && needed > 0) return { kind: "level", needed, present: 0, reason: "copies", canStepUp: false };
  if (present >= needed) return null;
  const reason = whyLow(place, identity, need, present);
  return { kind: "level", needed, present, reason, canStepUp: reason === "no_step_up" };
}

function whyLow(place: Reach, identity: Identity | undefined, need: Need, present: Step): LowReason {
  if (place.place) return "in_public";
  if (present === 0) return "claimed";
  if (identity?.is_shared) return "shared";
  if (identity && isOtherAccount(identity, need)) return "other_account";
  return present === 2 ? "no_step_up" : "not_linked";
}

function isOtherAccount(identity: Identity, need: Need): boolean {
  return need.account !== null && identity.host_account !== null && identity.host_account !== need.account;
}
