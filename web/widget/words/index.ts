import { signal } from "@preact/signals";
import type en from "./en.json";

export type Words = typeof en;

const others: Record<string, () => Promise<{ default: Partial<Words> }>> = {
  zh: () => import("./zh.json"),
  ru: () => import("./ru.json"),
};
const RIGHT_TO_LEFT = /^(ar|he|fa|ur|ps|sd|ug|yi|dv)\b/;

/** As it was asked for: dates are shown by it, also where the words are English. */
export const locale = signal("en");
const words = signal<Partial<Words>>({});
/** The page's own words, by locale. */
const given: Record<string, Partial<Words>> = {};
/** The launcher's, until the panel brings the rest. */
let english: Partial<Words> = { open: "Open the chat", close: "Close the chat", unread: "{n} unread" };

export const learn = (all: Words) => (english = all);

/** `own`: the words of a language that we don't have. What it lacks stays English. */
export async function setLocale(wanted: string, own?: Partial<Words>): Promise<void> {
  if (own) given[wanted] = own;
  locale.value = wanted;
  const language = wanted.toLowerCase().split("-")[0]!;
  const found = given[wanted] ?? given[language] ?? (await others[language]?.())?.default ?? {};
  if (locale.value === wanted) words.value = found;
}

/** What was chosen here, else what the account is set to, else the browser's. */
export function chooseLocale(chosen?: string, configured?: string): void {
  const wanted = chosen ?? (configured && configured !== "auto" ? configured : navigator.language);
  if (wanted && wanted !== locale.value) void setLocale(wanted).catch(() => undefined);
}

/** The words for a key, with {places} filled in. */
export function t(key: keyof Words, places: Record<string, string | number> = {}): string {
  const text = String(words.value[key] ?? english[key] ?? key);
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(places[name] ?? ""));
}

export const direction = () => (RIGHT_TO_LEFT.test(locale.value) ? "rtl" : "ltr");
