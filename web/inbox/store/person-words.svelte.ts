// The words of what stands about a person: files of their own, so that the list doesn't wait for them.
import en from "../../shared/i18n/people/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

export type PersonKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/people/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });

/** Fetches the words of the language that the page speaks. Until then they stand in English. */
export async function loadPersonWords(language: Language): Promise<void> {
  if (loaded[language]) return;
  const load = loaders[`../../shared/i18n/people/${language}.json`];
  if (load) loaded[language] = (await load()).default;
}

export function p(key: PersonKey, values: Values = {}): string {
  return fill((loaded[speech.language] ?? en)[key] ?? en[key], values, speech.locale);
}
