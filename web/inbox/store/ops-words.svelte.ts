// The words of the screens that run the desk: files of their own, so that nobody else waits for them.
import type en from "../../shared/i18n/ops/en.json";
import english from "../../shared/i18n/ops/en.json?keys";
import type { Values } from "../../shared/t";
import { settingsWords } from "./part-words.svelte";

export type OpsKey = keyof typeof en;
const words = settingsWords<OpsKey>(english, "ops");

/** Of the language that the page speaks. */
export const loadOpsWords = words.load;
export const o = words.say;

/** The text of a key that is put together at run time, or null where there is none. */
export function oMaybe(key: string, values: Values = {}): string | null {
  return words.has(key) ? o(key, values) : null;
}
