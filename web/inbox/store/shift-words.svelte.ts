// The words of shifts: files of their own.
import type en from "../../shared/i18n/shifts/en.json";
import keys from "../../shared/i18n/shifts/en.json?keys";
import { settingsWords } from "./part-words.svelte";
import type { ApiError } from "./client";
import { moment } from "./shift-week";
import { speech } from "./words.svelte";

export type ShiftKey = keyof typeof en;
const words = await settingsWords<ShiftKey>(keys, "shifts");

/** Of the language that the page speaks. */
export const loadShiftWords = words.load;
export const w = words.say;
export const isShiftKey = words.has;

/** Why a rota was stopped: the first hole that it would leave, or what the server says of clashes. */
export function whyStopped({ more, detail }: ApiError): string {
  if (typeof more.starts !== "string" || typeof more.ends !== "string") return w("stopped", { why: detail });
  const values = { has: Number(more.on_duty), wanted: Number(more.wanted), from: moment(more.starts, speech.locale), to: moment(more.ends, speech.locale) };
  return w("stopped", { why: w(values.has ? "hole" : "hole_nobody", values) });
}
