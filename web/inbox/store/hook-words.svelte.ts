// The words of outgoing webhooks and of approvals: files of their own. What rules run on is named by the words of rules.
import en from "../../shared/i18n/hooks/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { named } from "./rule-words.svelte";
import { speech } from "./words.svelte";

export type HookKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/hooks/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });

/** Fetches the words of the language that the page speaks. Until then they stand in English. */
export async function loadHookWords(language: Language): Promise<void> {
  if (loaded[language]) return;
  const load = loaders[`../../shared/i18n/hooks/${language}.json`];
  if (load) loaded[language] = (await load()).default;
}

export function h(key: HookKey, values: Values = {}): string {
  return fill((loaded[speech.language] ?? en)[key] ?? en[key], values, speech.locale);
}

/** What a call tells of, in words. */
export function happened(kind: string): string {
  const key = `kind.${kind}`;
  return key in en ? h(key as HookKey) : named("happen", kind);
}

/** What came of a try. */
export function cameOf(status: number | null, fault: string): string {
  if (status !== null) return h("status", { n: String(status) });
  const key = `fault.${fault}`;
  return key in en ? h(key as HookKey) : fault;
}
