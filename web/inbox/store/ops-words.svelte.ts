// The words of the screens that run the desk: files of their own, so that nobody else waits for them.
import en from "../../shared/i18n/ops/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

export type OpsKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/ops/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });

/** Fetches the words of the language that the page speaks. A screen waits for it, and follows a change. */
export async function loadOpsWords(language: Language): Promise<void> {
  if (loaded[language]) return;
  const load = loaders[`../../shared/i18n/ops/${language}.json`];
  if (load) loaded[language] = (await load()).default;
}

export function o(key: OpsKey, values: Values = {}): string {
  return fill((loaded[speech.language] ?? en)[key] ?? en[key], values, speech.locale);
}

/** The text of a key that is put together at run time, or null where there is none. */
export function oMaybe(key: string, values: Values = {}): string | null {
  return key in en ? o(key as OpsKey, values) : null;
}
