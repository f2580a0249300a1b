// The words of shifts: files of their own.
import en from "../../shared/i18n/shifts/en.json";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import type { ApiError } from "./client";
import { moment } from "./shift-week";
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

/** Why a rota was stopped: the first hole that it would leave, or what the server says of clashes. */
export function whyStopped({ more, detail }: ApiError): string {
  if (typeof more.starts !== "string" || typeof more.ends !== "string") return w("stopped", { why: detail });
  const values = { has: Number(more.on_duty), wanted: Number(more.wanted), from: moment(more.starts, speech.locale), to: moment(more.ends, speech.locale) };
  return w("stopped", { why: w(values.has ? "hole" : "hole_nobody", values) });
}
