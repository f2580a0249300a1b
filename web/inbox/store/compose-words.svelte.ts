// The words of canned replies, lists and drafts: files of their own, so that the desk doesn't wait for them.
import en from "../../shared/i18n/compose/en.json";
import { partWords } from "./part-words.svelte";

export type ComposeKey = keyof typeof en;
const words = partWords(en, "compose");

/** Of the language that the page speaks. Until they have come, English stands in their place. */
export const loadComposeWords = words.load;
/** In a language that somebody else reads. */
export const cIn = words.of;
export const c = words.say;
