// What a connector says against a message, in the reader's language: it says so in English, once for all readers.
import en from "../../shared/i18n/reading/en.json";
import { rt, type ReadingKey } from "./reading-words.svelte";

const known = Object.entries(en)
  .filter(([key]) => key.startsWith("warned."))
  .map(([key, text]) => [key as ReadingKey, new RegExp(`^${text.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, "(?<$1>.*?)")}$`)] as const);

/** As it was said, where there are no words for it. */
export function warned(sentence: string): string {
  for (const [key, pattern] of known) {
    const found = pattern.exec(sentence);
    if (found) return rt(key, found.groups);
  }
  return sentence;
}
