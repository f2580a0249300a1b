// The words of finding, filtering, pictures and notifications: files of their own, which the first page does not wait for.
import en from "../../shared/i18n/reading/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

export type ReadingKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/reading/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });
const asked = new Set<Language>(["en"]);

/** Until the words of the page's language are here, they stand in English. */
export function rt(key: ReadingKey, values: Values = {}): string {
  const language = speech.language;
  if (!asked.has(language)) {
    asked.add(language);
    void loaders[`../../shared/i18n/reading/${language}.json`]?.().then((found) => (loaded[language] = found.default));
  }
  return fill((loaded[language] ?? en)[key] ?? en[key], values, speech.locale);
}
