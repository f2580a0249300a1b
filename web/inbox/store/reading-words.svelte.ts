// The words of finding, filtering, pictures, warnings and notifications: files of their own, which the first page does not wait for.
import en from "../../shared/i18n/reading/en.json";
import { partWords } from "./part-words.svelte";

export type ReadingKey = keyof typeof en;
const words = partWords(en, "reading");

export const rt = words.sayAhead;
