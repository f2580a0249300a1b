// Whether an answer goes where the person expects it: the place they last wrote from. Pure.
import type { Id, Reach } from "../../shared/api-types";

/** Where the person last wrote, whether they can be answered there or not. */
export function lastWrote(reach: readonly Reach[]): Reach | null {
  return reach.reduce<Reach | null>(
    (found, one) => ((one.last_inbound_at ?? "") > (found?.last_inbound_at ?? "") ? one : found),
    null,
  );
}

/** Where they last wrote, if an answer to `chosen` would surprise them: another address, or others read along. */
export function surprises(reach: readonly Reach[], chosen: Reach | null): Reach | null {
  const last = lastWrote(reach);
  if (!chosen || !last || last.place_id === chosen.place_id) return null;
  const isSameAddress = last.account_id === chosen.account_id && last.identity_id === chosen.identity_id;
  return isSameAddress && !last.place && !chosen.place ? null : last;
}

/** What an agent has looked at and wants: an answer to this place, while the person last wrote from that one. */
export type Crossing = { placeId: Id; lastId: Id };

export function isConfirmed(known: Crossing | undefined, chosen: Reach, last: Reach): boolean {
  return known?.placeId === chosen.place_id && known.lastId === last.place_id;
}
