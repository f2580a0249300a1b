// The words of rules and macros: files of their own. What the server names and no word is there for stands as it is named.
import en from "../../shared/i18n/rules/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

export type RuleKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/rules/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });

/** Fetches the words of the language that the page speaks. Until then they stand in English. */
export async function loadRuleWords(language: Language): Promise<void> {
  if (loaded[language]) return;
  const load = loaders[`../../shared/i18n/rules/${language}.json`];
  if (load) loaded[language] = (await load()).default;
}

export function r(key: RuleKey, values: Values = {}): string {
  return fill((loaded[speech.language] ?? en)[key] ?? en[key], values, speech.locale);
}

/** Of a field, question, happening or action that the server's schema names. */
export function named(group: "came" | "choice" | "do" | "field" | "happen" | "input" | "kind" | "op" | "outcome", name: string): string {
  const key = `${group}.${name}`;
  return key in en ? r(key as RuleKey) : name.replaceAll("_", " ");
}
