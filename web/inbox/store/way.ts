// The ways a reply took: each place it was tried by, in order, and where it stands now. Pure.
import type { Delivery, DeliveryState, Id } from "../../shared/api-types";
import { worst } from "./timeline";

/** The code of a delivery that was closed because its message went on elsewhere. */
const MOVED_ON = "moved_on";

export type Way = { accountId: Id; channel: string; placeId: Id; state: DeliveryState; reason: string; isLeft: boolean };

export const isLeft = (one: Delivery): boolean => one.state === "cancelled" && one.code === MOVED_ON;

/** What still counts of a reply: what was left behind when it went on elsewhere does not. */
export function lasting(deliveries: readonly Delivery[]): Delivery[] {
  const kept = deliveries.filter((one) => !isLeft(one));
  return kept.length > 0 ? kept : [...deliveries];
}

/** One way for each place, the first first. A reply that went one way only has one. */
export function waysOf(deliveries: readonly Delivery[]): Way[] {
  const byPlace = new Map<Id, Delivery[]>();
  for (const one of deliveries.filter((each) => each.copy_to === "").toSorted((one, other) => one.id - other.id)) {
    byPlace.set(one.place_id, [...(byPlace.get(one.place_id) ?? []), one]);
  }
  return [...byPlace.values()].flatMap((parts) => {
    const told = worst(lasting(parts)) ?? parts[0];
    if (!told) return [];
    const left = parts.find(isLeft);
    return [{
      accountId: told.account_id, channel: told.channel, placeId: told.place_id,
      state: told.state, reason: left?.reason ?? told.reason, isLeft: left !== undefined,
    }];
  });
}
