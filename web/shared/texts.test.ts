import { expect, test } from "vitest";
import en from "./i18n/en.json";
import zh from "./i18n/zh.json";
import listsEn from "./i18n/lists/en.json";
import listsRu from "./i18n/lists/ru.json";
import deskRu from "./i18n/desk.ru";
import mainZh from "./i18n/main.zh";
import settingsEn from "./i18n/settings.en";
import { keyed } from "./listed";

test("a language comes as its texts alone, and by English's keys they are its words again", () => {
  expect(keyed(Object.keys(en), mainZh)).toEqual(zh);
  expect(keyed(Object.keys(listsEn), deskRu["./lists/ru.json"] ?? [])).toEqual(listsRu);
});

test("English is its table again, and so are refusals in every language: each key in its order, with its text", () => {
  const raw = import.meta.glob<string>(["./i18n/**/en.json", "./i18n/refusals/*.json"], { query: "?raw", import: "default", eager: true });
  const words = import.meta.glob<Record<string, string>>(["./i18n/**/en.json", "./i18n/refusals/*.json"], { import: "default", eager: true });
  expect(Object.keys(words)).toHaveLength(13);
  for (const [path, table] of Object.entries(words)) expect(Object.entries(table)).toEqual(Object.entries(JSON.parse(raw[path]!) as object));
});

test("the words of the settings come in English as in any language, by keys that stand alone", () => {
  const keys = import.meta.glob<{ keys: string[] }>("./i18n/{hooks,ops,rules,shifts}/en.json", { query: "?keys", import: "default", eager: true });
  const tables = import.meta.glob<object>("./i18n/{hooks,ops,rules,shifts}/en.json", { import: "default", eager: true });
  expect(Object.keys(settingsEn)).toHaveLength(4);
  for (const [path, table] of Object.entries(tables)) expect(keyed(keys[path]!.keys, settingsEn[path.replace("/i18n", "")]!)).toEqual(table);
});

test.each(["ru", "zh"])("every part of the words in %s comes with the desk or with the settings", (language) => {
  const bundles = import.meta.glob<object>("./i18n/{desk,settings}.*.ts", { import: "default", eager: true });
  const found = Object.entries(bundles).flatMap(([path, bundle]) => (path.includes(`.${language}.`) ? Object.keys(bundle) : []));
  const parts = Object.keys(import.meta.glob("./i18n/*/en.json")).map((path) => path.split("/")[2]);
  // What the server refuses stands by its codes: English is never fetched.
  expect(found.map((path) => path.split("/")[1]).sort()).toEqual(parts.filter((one) => one !== "refusals").sort());
});

test("Chinese is written with the signs of Chinese", () => {
  const parts = import.meta.glob<Record<string, string>>("./i18n/**/zh.json", { import: "default", eager: true });
  const latin = /[\u4e00-\u9fff][,:;?!(]|[,:;?!)][\u4e00-\u9fff]|\}[,:;?!](?=[\u4e00-\u9fff{])/u;
  const found = Object.values(parts).flatMap((words) => Object.entries(words).filter(([, text]) => latin.test(text)));
  expect(found).toEqual([]);
});

test.each([
  ["zh", /个案|案例/u],
  ["ru", /(?<!\p{L})дел(о|а|у|ом|е|ам|ами|ах)?(?!\p{L})|агент|сотрудник/iu],
])("what is one thing has one word in %s: a case, an agent", (language, other) => {
  const parts = import.meta.glob<Record<string, string>>("./i18n/**/*.json", { import: "default", eager: true });
  const found = Object.entries(parts).flatMap(([path, words]) => (path.endsWith(`${language}.json`) ? Object.entries(words).filter(([, text]) => other.test(text)) : []));
  expect(found).toEqual([]);
});
