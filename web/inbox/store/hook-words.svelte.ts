// The words of outgoing webhooks and of approvals: files of their own. What rules run on is named by the words of rules.
import type en from "../../shared/i18n/hooks/en.json";
import english from "../../shared/i18n/hooks/en.json?keys";
import { settingsWords } from "./part-words.svelte";
import { named } from "./rule-words.svelte";

export type HookKey = keyof typeof en;
const words = settingsWords<HookKey>(english, "hooks");

/** Of the language that the page speaks. */
export const loadHookWords = words.load;
export const h = words.say;

/** What a call tells of, in words. */
export function happened(kind: string): string {
  const key = `kind.${kind}`;
  return words.has(key) ? h(key) : named("happen", kind);
}

/** What came of a try. */
export function cameOf(status: number | null, fault: string): string {
  if (status !== null) return h("status", { n: String(status) });
  const key = `fault.${fault}`;
  return words.has(key) ? h(key) : fault;
}
