// Words that stand in files of their own, so that the desk does not wait for them.
import { fill, keyed, type Language, type Values, type Words } from "../../shared/t";
import { speech } from "./words.svelte";

const bundles = import.meta.glob<{ default: Record<string, string[]> }>("../../shared/i18n/{desk,settings}.*.ts");

export type PartWords<Key extends string> = {
  /** Fetches the words of a language. Until then they stand in English. Rejects if they don't come. */
  load: (language: Language) => Promise<void>;
  /** In a language that somebody else reads, with its holes as written. */
  of: (language: Language, key: Key) => string;
  say: (key: Key, values?: Values) => string;
  /** As `say`, and has the words of the page's language fetched if nobody has. */
  sayAhead: (key: Key, values?: Values) => string;
};

export function partWords<Key extends string>(en: Record<Key, string>, bundle: "desk" | "settings", part: string): PartWords<Key> {
  let loaded: Partial<Record<Language, Words>> = $state.raw({ en });
  const asked = new Set<Language>(["en"]);

  async function load(language: Language): Promise<void> {
    if (loaded[language]) return;
    const texts = (await bundles[`../../shared/i18n/${bundle}.${language}.ts`]?.())?.default[`./${part}/${language}.json`];
    if (texts) loaded = { ...loaded, [language]: keyed(en, texts) };
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
