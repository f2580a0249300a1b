import { beforeEach, expect, test, vi } from "vitest";
import en from "../../shared/i18n/rules/en.json";
import ru from "../../shared/i18n/rules/ru.json";
import type { Language } from "../../shared/t";

const speech = vi.hoisted(() => ({ language: "en" as Language, locale: "en" }));
vi.mock("./words.svelte", () => ({ speech }));

beforeEach(() => vi.resetModules());

test("whoever asks for words of the settings waits for the language of the page", async () => {
  speech.language = "ru";
  const { named, r } = await import("./rule-words.svelte");
  expect(r("title")).toBe(ru.title);
  expect(named("op", "at_least")).toBe(ru["op.at_least"]);
  expect(named("op", "no_such")).toBe("no such");
});

test("the former language stands until the next has come, and English is a file like any other", async () => {
  speech.language = "ru";
  const { loadRuleWords, r } = await import("./rule-words.svelte");
  speech.language = "en";
  expect(r("title")).toBe(ru.title);
  await loadRuleWords("en");
  expect(r("title")).toBe(en.title);
});

test("words of the desk stand in English until the page's language has come, whether anybody asked ahead or not", async () => {
  speech.language = "zh";
  const [{ partWords }, { default: english }, { default: chinese }] = await Promise.all([
    import("./part-words.svelte"),
    import("../../shared/i18n/cases/en.json"),
    import("../../shared/i18n/cases/zh.json"),
  ]);
  const key = Object.keys(english)[0] as keyof typeof english;
  const words = partWords(english, "desk", "cases");
  expect(words.sayAhead(key)).toBe(english[key]);
  await vi.waitFor(() => expect(words.say(key)).toBe(chinese[key]));
  expect(words.of("en", key)).toBe(english[key]);
});
