// The reader's language: words, locale, and the direction of writing.
import en from "../../shared/i18n/en.json";
import { keyed } from "../../shared/listed";
import { fill, loadTexts, localeOf, pickLanguage, tagOf, type Key, type Language, type Values, type Words } from "../../shared/t";
import * as fmt from "../../shared/fmt";

const STORED = "onethread.language";

class Speech {
  language: Language = $state("en");
  words: Words = $state.raw(en);
  /** Moves on every 20 s, so that ages stay true. */
  now: number = $state(Date.now());

  readonly locale: string = $derived(localeOf(this.language, navigator.languages));

  /** Speak what was chosen, else what the browser asks for. */
  async begin(): Promise<void> {
    setInterval(() => (this.now = Date.now()), 20_000);
    await this.change(pickLanguage([localStorage.getItem(STORED), ...navigator.languages]), false);
  }

  async change(language: Language, isChosen = true): Promise<void> {
    if (isChosen) localStorage.setItem(STORED, language);
    this.words = language === "en" ? en : keyed(Object.keys(en), await loadTexts(language));
    this.language = language;
    document.documentElement.lang = tagOf(language);
  }
}

export const speech = new Speech();

export function t(key: Key, values: Values = {}): string {
  return fill(speech.words[key] ?? en[key], values, speech.locale);
}

/** The text of a key that is put together at run time, or null where there is none. */
export function tMaybe(key: string, values: Values = {}): string | null {
  return key in en ? t(key as Key, values) : null;
}

export const shown = {
  clock: (iso: string) => fmt.clock(iso, speech.locale),
  exact: (iso: string) => fmt.exact(iso, speech.locale, speech.now),
  full: (iso: string) => fmt.full(iso, speech.locale),
  day: (iso: string) => fmt.day(iso, speech.locale, speech.now),
  when: (iso: string) => fmt.when(iso, speech.locale, speech.now),
  age: (iso: string) => fmt.age(iso, speech.locale, speech.now),
  ago: (iso: string) => fmt.ago(iso, speech.locale, speech.now),
  size: (bytes: number) => fmt.size(bytes, speech.locale),
  number: (count: number) => fmt.number(count, speech.locale),
  list: (names: string[]) => fmt.list(names, speech.locale),
};
