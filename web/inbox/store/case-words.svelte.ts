// The words of what a desk keeps of its cases: files of their own, fetched with the first part that says them.
import en from "../../shared/i18n/cases/en.json";
import { partWords } from "./part-words.svelte";

const words = partWords(en, "desk", "cases");

export const cw = words.sayAhead;
