// How a place of the person stands, in words: why it is closed, or who was last heard there and when.
import type { Reach } from "../../shared/api-types";
import { shown, t } from "./words.svelte";

export function standing(one: Reach): string {
  if (!one.is_available) return one.reason || t("reach.closed");
  if (one.is_online) return t("reach.online");
  if (one.last_inbound_at) return t("reach.last_wrote", { when: shown.ago(one.last_inbound_at) });
  return one.reason || t("reach.never_wrote");
}
