// How a place of the person stands, in a few words: who was last heard there and when.
import type { Reach } from "../../shared/api-types";
import { shown, t } from "./words.svelte";

export function standing(one: Reach): string {
  if (!one.is_available) return t("reach.closed");
  if (one.is_online) return t("reach.online");
  if (one.last_inbound_at) return t("reach.last_wrote", { when: shown.ago(one.last_inbound_at) });
  return t("reach.never_wrote");
}

/** The best first: what is open before what is not, each where they wrote last. A chat that has two names is one. */
export function bestFirst(reach: readonly Reach[]): Reach[] {
  const rank = (one: Reach): number => (one.is_default ? 0 : one.is_available ? 1 : 2);
  return reach.filter((one) => !one.same_as).toSorted((one, other) => rank(one) - rank(other));
}
