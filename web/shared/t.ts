// The page's words: one JSON file a language, `{name}` and `{n, plural, one {…} other {…}}` in them.
import type en from "./i18n/en.json";

export type Key = keyof typeof en;
export type Words = Record<string, string>;
export type Values = Record<string, string | number>;
export const LANGUAGES = ["en", "zh", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];

export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", zh: "简体中文", ru: "Русский" };
const LOCALES: Record<Language, string> = { en: "en", zh: "zh-Hans", ru: "ru" };

const loaders = import.meta.glob<{ default: string[] }>("./i18n/main.*.ts");

/** The texts of a language other than English, in the order of its keys. Fetched once. */
export async function loadTexts(language: Language): Promise<string[]> {
  const load = loaders[`./i18n/main.${language}.ts`];
  if (!load) throw new Error(`no words for ${language}`);
  return (await load()).default;
}

/** The first of the reader's languages that the page speaks, else English. */
export function pickLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const language = LANGUAGES.find((known) => tag?.toLowerCase().split(/[-_]/)[0] === known);
    if (language) return language;
  }
  return "en";
}

/** The BCP 47 tag of our texts, for `lang`. */
export function tagOf(language: Language): string {
  return LOCALES[language];
}

/** The tag by which times and numbers are written: the reader's own kind of the language, if they have one. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.toLowerCase().split(/[-_]/)[0] === language) ?? LOCALES[language];
}

// Made once a language: a list draws hundreds of numbers a second while it is scrolled.
const rules = new Map<string, Intl.PluralRules>();
const numbers = new Map<string, Intl.NumberFormat>();

function rulesOf(locale: string): Intl.PluralRules {
  let one = rules.get(locale);
  if (!one) rules.set(locale, (one = new Intl.PluralRules(locale)));
  return one;
}

function numbersOf(locale: string): Intl.NumberFormat {
  let one = numbers.get(locale);
  if (!one) numbers.set(locale, (one = new Intl.NumberFormat(locale)));
  return one;
}

/** The text with its holes filled. An unknown hole stays as written, so that a mistake is seen. */
export function fill(text: string, values: Values, locale: string): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{", at);
    if (open < 0) return out + text.slice(at);
    const close = closing(text, open);
    out += text.slice(at, open) + fillOne(text.slice(open + 1, close), values, locale);
    at = close + 1;
  }
  return out;
}

function fillOne(hole: string, values: Values, locale: string): string {
  const [name = "", kind, ...rest] = hole.split(",");
  const value = values[name.trim()];
  if (value === undefined) return `{${hole}}`;
  if (kind?.trim() !== "plural") return String(value);
  const forms = readForms(rest.join(","));
  const number = Number(value);
  const form = forms[`=${number}`] ?? forms[rulesOf(locale).select(number)] ?? forms.other ?? "";
  const shown = numbersOf(locale).format(number);
  return fill(form.replaceAll("#", shown), values, locale);
}

/** `one {a} other {b}` as {one: "a", other: "b"}. */
export function readForms(text: string): Record<string, string> {
  const forms: Record<string, string> = {};
  let at = 0;
  for (;;) {
    const open = text.indexOf("{", at);
    if (open < 0) return forms;
    const close = closing(text, open);
    forms[text.slice(at, open).trim()] = text.slice(open + 1, close);
    at = close + 1;
  }
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}" && (depth -= 1) === 0) return at;
  }
  throw new Error(`unclosed hole in: ${text}`);
}
