// Words that stand in files of their own, so that the desk does not wait for them.
import { keyed } from "../../shared/listed";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

type Bundle = "desk" | "settings";
type Texts = Record<string, string[]>;
const bundles = import.meta.glob<{ default: Texts }>("../../shared/i18n/{desk,settings}.*.ts");

export type PartWords<Key extends string> = {
  /** Whether there are words of this key. */
  has: (key: string) => key is Key;
  /** Fetches the words of a language. Until then those stand that came before. Rejects if they don't come. */
  load: (language: Language) => Promise<void>;
  /** In a language that somebody else reads, with its holes as written. */
  of: (language: Language, key: Key) => string;
  say: (key: Key, values?: Values) => string;
  /** As `say`, and has the words of the page's language fetched if nobody has. */
  sayAhead: (key: Key, values?: Values) => string;
};

/** Words of the desk, whose English comes with their keys and stands until another language has come. */
export function partWords<Key extends string>(en: Record<Key, string>, part: string): PartWords<Key> {
  return wordsOf(Object.keys(en), "desk", part, en);
}

/**
 * Words of the settings, whose keys come alone: English is a file like any other, and who reads in another language never
 * loads it. What says them is imported by `withWords`.
 */
export function settingsWords<Key extends string>({ keys, texts }: { keys: string[]; texts?: string[] }, part: string): PartWords<Key> {
  return wordsOf(keys, "settings", part, texts && keyed(keys, texts));
}

/** What imports a part of the settings, and the words of the page's language with it. Rejects if one of them does not come, and can be asked again. */
export function withWords<Found>(load: () => Promise<Found>): () => Promise<Found> {
  return async () => (await Promise.all([load(), files.settings.fetch(speech.language)]))[0];
}

/** The texts of a bundle by language, as they have come. */
class Files {
  come: Partial<Record<Language, Texts>> = $state.raw({});
  /** The language that came last: it stands where another has not come yet. */
  newest: Language = $state("en");
  readonly #bundle: Bundle;
  readonly #asked = new Map<Language, Promise<void>>();

  constructor(bundle: Bundle) {
    this.#bundle = bundle;
  }

  /** Once a language; again only if it did not come. */
  fetch(language: Language): Promise<void> {
    let asked = this.#asked.get(language);
    if (!asked) {
      this.#asked.set(language, (asked = this.#load(language)));
      asked.catch(() => this.#asked.delete(language));
    }
    return asked;
  }

  async #load(language: Language): Promise<void> {
    const load = bundles[`../../shared/i18n/${this.#bundle}.${language}.ts`];
    if (!load) return;
    this.come = { ...this.come, [language]: (await load()).default };
    this.newest = language;
  }
}
const files: Record<Bundle, Files> = { desk: new Files("desk"), settings: new Files("settings") };

function wordsOf<Key extends string>(keys: readonly string[], bundle: Bundle, part: string, en?: Words): PartWords<Key> {
  const known = new Set(keys);
  const read = new Map<Language, Words>(en && [["en", en]]);

  function wordsIn(language: Language): Words | undefined {
    const texts = files[bundle].come[language]?.[`./${part}/${language}.json`];
    if (texts && !read.has(language)) read.set(language, keyed(keys, texts));
    return read.get(language);
  }
  const has = (key: string): key is Key => known.has(key);
  const load = (language: Language): Promise<void> => files[bundle].fetch(language);
  const of = (language: Language, key: Key): string => (wordsIn(language) ?? en ?? wordsIn(files[bundle].newest))?.[key] ?? "";
  const say = (key: Key, values: Values = {}): string => fill(of(speech.language, key), values, speech.locale);
  function sayAhead(key: Key, values?: Values): string {
    if (!wordsIn(speech.language)) load(speech.language).catch(() => undefined);
    return say(key, values);
  }
  return { has, load, of, say, sayAhead };
}
