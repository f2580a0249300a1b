import { beforeEach, expect, test, vi } from "vitest";
import casesEn from "../../shared/i18n/cases/en.json";
import casesZh from "../../shared/i18n/cases/zh.json";
import en from "../../shared/i18n/rules/en.json";
import ru from "../../shared/i18n/rules/ru.json";
import type { Language } from "../../shared/t";

const speech = vi.hoisted(() => ({ language: "en" as Language, locale: "en" }));
vi.mock("./words.svelte", () => ({ speech }));

type RuleKey = keyof typeof en;
let words: typeof import("./part-words.svelte");
/** As in the build, where English is not there before it is fetched. */
const rules = () => words.settingsWords<RuleKey>({ keys: Object.keys(en) }, "rules");

beforeEach(async () => {
  vi.resetModules();
  words = await import("./part-words.svelte");
});

test("what says words of the settings comes once they have come, in the language of the page", async () => {
  speech.language = "ru";
  const { say, has } = rules();
  expect(await words.withWords(async () => "a part")()).toBe("a part");
  expect([say("title"), has("title"), has("no_such")]).toEqual([ru.title, true, false]);
});

test("the former language stands until the next has come, and English is a file like any other", async () => {
  speech.language = "ru";
  const { say, load, of } = rules();
  await words.withWords(async () => 1)();
  speech.language = "en";
  expect(say("title")).toBe(ru.title);
  await load("en");
  expect([say("title"), of("ru", "title")]).toEqual([en.title, ru.title]);
});

test("words that do not come are said by who asks, and are asked for again", async () => {
  speech.language = "en";
  vi.doMock("../../shared/i18n/settings.en", () => {
    throw new Error("the server is away");
  });
  const part = words.withWords(async () => "a part");
  await expect(part()).rejects.toThrow();
  vi.doUnmock("../../shared/i18n/settings.en");
  expect(await part()).toBe("a part");
});

test("words of the desk stand in English until the page's language has come, whether anybody asked ahead or not", async () => {
  speech.language = "zh";
  const key = Object.keys(casesEn)[0] as keyof typeof casesEn;
  const desk = words.partWords(casesEn, "cases");
  expect(desk.sayAhead(key)).toBe(casesEn[key]);
  await vi.waitFor(() => expect(desk.say(key)).toBe(casesZh[key]));
  expect(desk.of("en", key)).toBe(casesEn[key]);
});
