// The words of shifts: files of their own.
import type en from "../../shared/i18n/shifts/en.json";
import english from "../../shared/i18n/shifts/en.json?keys";
import { settingsWords } from "./part-words.svelte";
import type { FoundHole } from "../../shared/api-types";
import type { ApiError } from "./client";
import { moment } from "./shift-week";
import { speech } from "./words.svelte";

export type ShiftKey = keyof typeof en;
const words = settingsWords<ShiftKey>(english, "shifts");

/** Of the language that the page speaks. */
export const loadShiftWords = words.load;
export const w = words.say;
export const isShiftKey = words.has;

/** Too few are on duty: when, and of which cover, where it has a name. */
export function holeWords({ cover, on_duty: has, wanted, starts, ends }: FoundHole): string {
  const text = w(has ? "hole" : "hole_nobody", { has, wanted, from: moment(starts, speech.locale), to: moment(ends, speech.locale) });
  return cover ? w("hole_of", { name: cover, hole: text }) : text;
}

/** Why a rota was stopped: the first hole that it would leave, or what the server says of clashes. */
export function whyStopped({ more, detail }: ApiError): string {
  const hole = more as Partial<FoundHole>;
  return w("stopped", { why: hole.starts && hole.ends ? holeWords(hole as FoundHole) : detail });
}
