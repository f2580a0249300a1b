// The words of shifts: files of their own.
import en from "../../shared/i18n/shifts/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

export type ShiftKey = keyof typeof en;
const loaders = import.meta.glob<{ default: Words }>("../../shared/i18n/shifts/*.json");
const loaded: Partial<Record<Language, Words>> = $state({ en });

/** Fetches the words of the language that the page speaks. Until then they stand in English. */
export async function loadShiftWords(language: Language): Promise<void> {
  if (loaded[language]) return;
  const load = loaders[`../../shared/i18n/shifts/${language}.json`];
  if (load) loaded[language] = (await load()).default;
}

export function w(key: ShiftKey, values: Values = {}): string {
  return fill((loaded[speech.language] ?? en)[key] ?? en[key], values, speech.locale);
}
