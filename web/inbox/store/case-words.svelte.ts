// The words of what a desk keeps of its cases: files of their own, fetched with the first part that says them.
import en from "../../shared/i18n/cases/en.json";
import { partWords } from "./part-words.svelte";
import { shown } from "./words.svelte";

const words = partWords(en, "cases");

export const cw = words.sayAhead;

/** What stands in a field of this kind, as the reader says it. */
export const fieldSaid = (kind: string, now: string): string =>
  now === "" ? cw("field.empty") : kind === "yes_no" ? cw(now === "yes" ? "field.yes" : "field.no") : kind === "date" ? shown.day(`${now}T12:00:00`) : now;
