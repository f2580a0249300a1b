// The words of rules and macros: files of their own. What the server names and no word is there for stands as it is named.
import type { RuleDefinition } from "../../shared/api-types";
import type en from "../../shared/i18n/rules/en.json";
import english from "../../shared/i18n/rules/en.json?keys";
import { settingsWords } from "./part-words.svelte";

export type RuleKey = keyof typeof en;
const words = settingsWords<RuleKey>(english, "rules");

/** Of the language that the page speaks. */
export const loadRuleWords = words.load;
export const r = words.say;

/** Of a field, question, happening or action that the server's schema names. */
export function named(group: "came" | "choice" | "do" | "field" | "happen" | "input" | "kind" | "op" | "outcome", name: string): string {
  const key = `${group}.${name}`;
  return words.has(key) ? r(key) : name.replaceAll("_", " ");
}

/** What sets a rule off. */
export const whenOf = (when: RuleDefinition["when"]): string => (when.kind === "happened" ? named("happen", when.on) : named("kind", when.kind));
