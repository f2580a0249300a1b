// Words that stand in files of their own, so that the desk does not wait for them.
import { keyed } from "../../shared/listed";
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

const bundles = import.meta.glob<{ default: Record<string, string[]> }>("../../shared/i18n/{desk,settings}.*.ts");
type Bundle = "desk" | "settings";

export type PartWords<Key extends string> = {
  /** Whether there are words of this key. */
  has: (key: string) => key is Key;
  /** Fetches the words of a language. Until then those stand that came first. Rejects if they don't come. */
  load: (language: Language) => Promise<void>;
  /** In a language that somebody else reads, with its holes as written. */
  of: (language: Language, key: Key) => string;
  say: (key: Key, values?: Values) => string;
  /** As `say`, and has the words of the page's language fetched if nobody has. */
  sayAhead: (key: Key, values?: Values) => string;
};

/** Words of the desk, whose English comes with their keys and stands until another language has come. */
export function partWords<Key extends string>(en: Record<Key, string>, bundle: Bundle, part: string): PartWords<Key> {
  return wordsOf(Object.keys(en), bundle, part, "en", en);
}

/**
 * Words of the settings, whose keys come alone: English is a file like any other, and who reads in another language never
 * loads it. Whoever imports them waits for the words of the page's language. Rejects if they don't come.
 */
export async function settingsWords<Key extends string>(keys: readonly string[], part: string): Promise<PartWords<Key>> {
  const { language } = speech;
  return wordsOf(keys, "settings", part, language, await fetched(keys, "settings", part, language));
}

async function fetched(keys: readonly string[], bundle: Bundle, part: string, language: Language): Promise<Words> {
  const texts = (await bundles[`../../shared/i18n/${bundle}.${language}.ts`]!()).default[`./${part}/${language}.json`]!;
  return keyed(keys, texts);
}

function wordsOf<Key extends string>(keys: readonly string[], bundle: Bundle, part: string, first: Language, words: Words): PartWords<Key> {
  let loaded: Partial<Record<Language, Words>> = $state.raw({ [first]: words });
  const asked = new Set<Language>([first]);

  async function load(language: Language): Promise<void> {
    if (loaded[language]) return;
    const found = await fetched(keys, bundle, part, language);
    loaded = { ...loaded, [language]: found };
  }
  const has = (key: string): key is Key => key in words;
  const of = (language: Language, key: Key): string => (loaded[language] ?? words)[key]!;
  const say = (key: Key, values: Values = {}): string => fill(of(speech.language, key), values, speech.locale);
  function sayAhead(key: Key, values?: Values): string {
    const { language } = speech;
    if (!asked.has(language)) {
      asked.add(language);
      load(language).catch(() => asked.delete(language));
    }
    return say(key, values);
  }
  return { has, load, of, say, sayAhead };
}
