// The words of search, saved views and bulk work: files of their own, so that the list doesn't wait for them.
import en from "../../shared/i18n/lists/en.json";
import { partWords } from "./part-words.svelte";
import { speech } from "./words.svelte";

export type ListKey = keyof typeof en;
const words = partWords(en, "lists");

export const lt = words.sayAhead;

/** Why a query cannot be read. In English the server, if it was asked, says more of it than its code does. */
export function whyNot(code: string, word: string, sentence: string): string {
  const key = `fault.${code}`;
  return (speech.language === "en" && sentence) || !(key in en) ? sentence : lt(key as ListKey, { word });
}
