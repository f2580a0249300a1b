// What the server refuses, in the reader's language, by its code. In English its own sentence says more: no file is fetched.
import type { Language, Words } from "../../shared/t";
import { speech } from "./words.svelte";

const loaders = import.meta.glob<{ refusals: Words }>(["../../shared/i18n/settings.*.ts", "!../../shared/i18n/settings.en.ts"]);
const loaded: Partial<Record<Language, Words>> = {};

/** Fetched as soon as the page speaks a language, so that they are there when something is refused. */
export async function loadRefusals(language: Language): Promise<void> {
  loaded[language] ??= (await loaders[`../../shared/i18n/settings.${language}.ts`]?.().catch(() => undefined))?.refusals;
}

/** Null: the server's own sentence is all there is. */
export function refusal(code: string): string | null {
  return loaded[speech.language]?.[code] ?? null;
}
