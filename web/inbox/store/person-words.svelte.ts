// The words of what stands about a person: files of their own, so that the list doesn't wait for them.
import en from "../../shared/i18n/people/en.json";
import { partWords } from "./part-words.svelte";

export type PersonKey = keyof typeof en;
const words = partWords(en, "people");

/** Of the language that the page speaks. Until they have come, English stands in their place. */
export const loadPersonWords = words.load;
export const p = words.say;
