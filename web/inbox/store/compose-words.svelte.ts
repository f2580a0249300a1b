// The words of canned replies, lists and drafts: files of their own, so that the desk doesn't wait for them.
import en from "../../shared/i18n/compose/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

export type ComposeKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/compose/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });

/** Fetches the words of the language that the page speaks. Until then they stand in English. */
export async function loadComposeWords(language: Language): Promise<void> {
  if (loaded[language]) return;
  const load = loaders[`../../shared/i18n/compose/${language}.json`];
  if (load) loaded[language] = (await load()).default;
}

/** In a language that somebody else reads. */
export function cIn(language: Language, key: ComposeKey): string {
  return (loaded[language] ?? en)[key] ?? en[key];
}

export function c(key: ComposeKey, values: Values = {}): string {
  return fill((loaded[speech.language] ?? en)[key] ?? en[key], values, speech.locale);
}
