import { expect, test } from "vitest";
import { isOpened, timeLeft, WORDS, wordsFor } from "./elsewhere";

const END = "2026-01-01T00:10:00Z";

test.each([
  ["2026-01-01T00:00:00Z", "10:00"],
  ["2026-01-01T00:00:55.5Z", "9:05"],
  ["2026-01-01T00:09:59Z", "0:01"],
  ["2026-01-01T00:10:00Z", ""],
  ["2026-01-02T00:00:00Z", ""],
])("at %s a code is good for %s", (now, left) => {
  expect(timeLeft(END, Date.parse(now))).toBe(left);
});

test("a time that cannot be read is over", () => expect(timeLeft("soon", 0)).toBe(""));

test("every language has the same words, and none is another's", () => {
  const keys = Object.keys(WORDS.en!).sort();
  for (const words of Object.values(WORDS)) expect(Object.keys(words).sort()).toEqual(keys);
  const all = Object.values(WORDS).flatMap((words) => Object.values(words));
  expect(new Set(all).size).toBe(all.length);
  for (const words of Object.values(WORDS)) expect(words.left).toContain("{left}");
});

test.each([
  ["ru-RU", "ru"],
  ["zh-Hans-CN", "zh"],
  ["tlh", "en"],
])("%s is spoken as %s", (locale, language) => expect(wordsFor(locale)).toBe(WORDS[language]));

test.each([
  ["https://t.me/bot?start=K7PM-2QXA-9T4D", true],
  ["mailto:help@shop.example?body=K7PM-2QXA-9T4D", true],
  ["javascript:alert(1)", false],
  [null, false],
])("%s is opened: %s", (url, opened) => expect(isOpened(url)).toBe(opened));
