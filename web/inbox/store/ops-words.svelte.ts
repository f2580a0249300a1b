// The words of the screens that run the desk: files of their own, so that nobody else waits for them.
import en from "../../shared/i18n/ops/en.json";
import type { Values } from "../../shared/t";
import { partWords } from "./part-words.svelte";

export type OpsKey = keyof typeof en;
const words = partWords(en, "settings", "ops");

/** Of the language that the page speaks. Until they have come, English stands in their place. */
export const loadOpsWords = words.load;
export const o = words.say;

/** The text of a key that is put together at run time, or null where there is none. */
export function oMaybe(key: string, values: Values = {}): string | null {
  return key in en ? o(key as OpsKey, values) : null;
}
