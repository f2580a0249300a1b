// Words that stand in files of their own, so that the desk does not wait for them.
import { fill, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

/** What `import.meta.glob` makes of a folder with a JSON file for each language. */
type Loaders = Record<string, () => Promise<{ default: Words }>>;

export type PartWords<Key extends string> = {
  /** Fetches the words of a language. Until then they stand in English. Rejects if they don't come. */
  load: (language: Language) => Promise<void>;
  /** In a language that somebody else reads, with its holes as written. */
  of: (language: Language, key: Key) => string;
  say: (key: Key, values?: Values) => string;
  /** As `say`, and has the words of the page's language fetched if nobody has. */
  sayAhead: (key: Key, values?: Values) => string;
};

export function partWords<Key extends string>(en: Record<Key, string>, loaders: Loaders): PartWords<Key> {
  let loaded: Partial<Record<Language, Words>> = $state.raw({ en });
  const asked = new Set<Language>(["en"]);

  async function load(language: Language): Promise<void> {
    if (loaded[language]) return;
    const path = Object.keys(loaders).find((one) => one.endsWith(`/${language}.json`));
    const words = path && (await loaders[path]?.());
    if (words) loaded = { ...loaded, [language]: words.default };
  }
  const of = (language: Language, key: Key): string => loaded[language]?.[key] ?? en[key];
  const say = (key: Key, values: Values = {}): string => fill(of(speech.language, key), values, speech.locale);
  function sayAhead(key: Key, values?: Values): string {
    const { language } = speech;
    if (!asked.has(language)) {
      asked.add(language);
      load(language).catch(() => asked.delete(language));
    }
    return say(key, values);
  }
  return { load, of, say, sayAhead };
}
