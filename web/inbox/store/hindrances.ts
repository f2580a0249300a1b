// Why somebody cannot be written to somewhere, and what would help: the server's codes in the reader's words.
import type { Hindrance } from "../../shared/api-types";
import { c, type ComposeKey } from "./compose-words.svelte";
import { shown } from "./words.svelte";

/** What stands in the way, and since or until when. */
export function reasonOf(one: Hindrance): string {
  const { code, since, until, minutes, goes_to: address } = one;
  if (code === "offline" && address) return c("hindrance.offline_mail", { address, n: minutes ?? 0 });
  if (code === "rate_limited" && until) return c("hindrance.rate_limited", { until: shown.when(until) });
  const said = c(`hindrance.${code}` as ComposeKey);
  return since ? `${said} · ${c("hindrance.since", { when: shown.when(since) })}` : said;
}

/** What an agent or the person can do about it. */
export function wayOut(one: Hindrance): string {
  return one.is_bar ? c(`way_out.${one.code}` as ComposeKey) : "";
}
