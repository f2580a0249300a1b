import { expect, test } from "vitest";
import en from "./i18n/en.json";
import ru from "./i18n/ru.json";
import zh from "./i18n/zh.json";
import listsEn from "./i18n/lists/en.json";
import listsRu from "./i18n/lists/ru.json";
import listsZh from "./i18n/lists/zh.json";
import composeEn from "./i18n/compose/en.json";
import composeRu from "./i18n/compose/ru.json";
import composeZh from "./i18n/compose/zh.json";
import opsEn from "./i18n/ops/en.json";
import opsRu from "./i18n/ops/ru.json";
import opsZh from "./i18n/ops/zh.json";
import readingEn from "./i18n/reading/en.json";
import readingRu from "./i18n/reading/ru.json";
import readingZh from "./i18n/reading/zh.json";
import peopleEn from "./i18n/people/en.json";
import peopleRu from "./i18n/people/ru.json";
import peopleZh from "./i18n/people/zh.json";
import hooksEn from "./i18n/hooks/en.json";
import hooksRu from "./i18n/hooks/ru.json";
import hooksZh from "./i18n/hooks/zh.json";
import rulesEn from "./i18n/rules/en.json";
import rulesRu from "./i18n/rules/ru.json";
import rulesZh from "./i18n/rules/zh.json";
import shiftsEn from "./i18n/shifts/en.json";
import shiftsRu from "./i18n/shifts/ru.json";
import shiftsZh from "./i18n/shifts/zh.json";
import refusalsEn from "./i18n/refusals/en.json";
import refusalsRu from "./i18n/refusals/ru.json";
import refusalsZh from "./i18n/refusals/zh.json";
import casesEn from "./i18n/cases/en.json";
import casesRu from "./i18n/cases/ru.json";
import casesZh from "./i18n/cases/zh.json";
import { fill, localeOf, pickLanguage, readForms } from "./t";

type Words = Record<string, string>;
const all: [string, Words, Words][] = [
  ["en", en, en], ["zh", zh, en], ["ru", ru, en],
  ["en", listsEn, listsEn], ["zh", listsZh, listsEn], ["ru", listsRu, listsEn],
  ["en", composeEn, composeEn], ["zh", composeZh, composeEn], ["ru", composeRu, composeEn],
  ["en", opsEn, opsEn], ["zh", opsZh, opsEn], ["ru", opsRu, opsEn],
  ["en", readingEn, readingEn], ["zh", readingZh, readingEn], ["ru", readingRu, readingEn],
  ["en", peopleEn, peopleEn], ["zh", peopleZh, peopleEn], ["ru", peopleRu, peopleEn],
  ["en", hooksEn, hooksEn], ["zh", hooksZh, hooksEn], ["ru", hooksRu, hooksEn],
  ["en", refusalsEn, refusalsEn], ["zh", refusalsZh, refusalsEn], ["ru", refusalsRu, refusalsEn],
  ["en", rulesEn, rulesEn], ["zh", rulesZh, rulesEn], ["ru", rulesRu, rulesEn],
  ["en", casesEn, casesEn], ["zh", casesZh, casesEn], ["ru", casesRu, casesEn],
  ["en", shiftsEn, shiftsEn], ["zh", shiftsZh, shiftsEn], ["ru", shiftsRu, shiftsEn],
];

/** The holes of a text, those inside plural forms too. */
function holes(text: string): string[] {
  const plurals = [...text.matchAll(/\{(\w+),\s*plural,/g)].map((found) => found[1] ?? "");
  const plain = [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").filter((name) => /[a-z]/.test(name));
  return [...new Set([...plurals, ...plain])].sort();
}

/** The plural forms of a text, by their categories. */
function forms(text: string): string[] | null {
  const found = /\{(\w+),\s*plural,(.*)\}\s*$/s.exec(text);
  return found ? Object.keys(readForms(found[2] ?? "")).filter((name) => !name.startsWith("=")) : null;
}

test.each(all)("%s has every text, and none that English lacks", (_, words, english) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort());
  expect(Object.entries(words).filter(([, text]) => text.trim() === "")).toEqual([]);
});

test.each(all)("%s has the same holes in every text", (_, words, english) => {
  for (const [key, text] of Object.entries(english)) {
    expect([key, holes(words[key] ?? "")]).toEqual([key, holes(text)]);
  }
});

test.each(all)("%s has every plural category that its grammar needs", (language, words) => {
  const wanted = new Intl.PluralRules(language === "zh" ? "zh-Hans" : language).resolvedOptions().pluralCategories;
  for (const [key, text] of Object.entries(words)) {
    const found = forms(text);
    if (found) expect([key, found.sort()]).toEqual([key, [...wanted].sort()]);
  }
});

test("a plural takes the form of the number and writes it as the language does", () => {
  const text = "{n, plural, one {# дело} few {# дела} many {# дел} other {# дела}}";
  expect([1, 3, 5, 21, 1200].map((n) => fill(text, { n }, "ru"))).toEqual([
    "1 дело", "3 дела", "5 дел", "21 дело", "1\u00a0200 дел",
  ]);
});

test("a hole without a value stays visible", () => {
  expect(fill("Hello {name}, {gone}", { name: "Ana" }, "en")).toBe("Hello Ana, {gone}");
});

test("a value is never read as a text with holes of its own", () => {
  expect(fill("Hello {name}", { name: "{name}" }, "en")).toBe("Hello {name}");
});

test("times are written as the reader's own kind of the language does", () => {
  expect([localeOf("en", ["de-DE", "en-GB", "en-US"]), localeOf("ru", ["de-DE"]), localeOf("zh", ["zh-CN"])]).toEqual([
    "en-GB", "ru", "zh-CN",
  ]);
});

test("the first language of the reader that the page speaks is taken", () => {
  expect(pickLanguage([null, "de-DE", "zh-TW", "ru"])).toBe("zh");
  expect(pickLanguage(["xx"])).toBe("en");
});
