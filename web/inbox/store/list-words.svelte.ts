// The words of search, saved views and bulk work: files of their own, so that the list doesn't wait for them.
import en from "../../shared/i18n/lists/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

export type ListKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/lists/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });
const asked = new Set<Language>(["en"]);

/** Until the words of the page's language are here, they stand in English. */
export function lt(key: ListKey, values: Values = {}): string {
  const language = speech.language;
  if (!asked.has(language)) {
    asked.add(language);
    void loaders[`../../shared/i18n/lists/${language}.json`]?.().then((found) => (loaded[language] = found.default));
  }
  return fill((loaded[language] ?? en)[key] ?? en[key], values, speech.locale);
}

/** Why a query cannot be read. In English the server says more of it than its code does. */
export function whyNot(code: string, word: string, sentence: string): string {
  const key = `fault.${code}`;
  return speech.language === "en" || !(key in en) ? sentence : lt(key as ListKey, { word });
}
