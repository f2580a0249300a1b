import { expect, test } from "vitest";
import { age, ago, day, exact, initials, left, size } from "./fmt";

const now = new Date(2026, 4, 20, 15, 0).getTime();
const at = (...parts: [number, number, number, number, number]): string => new Date(...parts).toISOString();

test("an age is short: now, minutes, then the time, the weekday, the date", () => {
  expect(age(new Date(now - 59_000).toISOString(), "en", now)).toBe("now");
  expect(age(at(2026, 4, 20, 14, 55), "en", now)).toBe("5m");
  expect(age(at(2026, 4, 20, 9, 5), "en-GB", now)).toBe("09:05");
  expect(age(at(2026, 4, 18, 9, 5), "en", now)).toBe("Mon");
  expect(age(at(2025, 4, 18, 9, 5), "en", now)).toBe("May 18, 25");
});

test("today and yesterday are words", () => {
  expect(day(at(2026, 4, 20, 0, 1), "en", now)).toBe("Today");
  expect(day(at(2026, 4, 19, 23, 59), "ru", now)).toBe("Вчера");
});

test("a clock that is ahead never makes a time in the future", () => {
  expect(ago(new Date(now + 60_000).toISOString(), "en", now)).toBe("now");
});

test("sizes are rounded to what a person reads", () => {
  expect(size(1_240_000, "en")).toBe("1.2 MB");
  expect(size(42_300, "en")).toBe("42 kB");
});

test("initials work for names without spaces and for none at all", () => {
  expect([initials("Ana López"), initials("王小伟"), initials("ana@mail.example"), initials("🎉")]).toEqual([
    "AL", "小伟", "AE", "?",
  ]);
});

test("what is left of a time runs down to nothing and stays there", () => {
  const now = Date.parse("2026-05-20T10:00:00Z");
  expect(["10:09:41", "10:00:05", "10:00:00", "09:00:00"].map((clock) => left(`2026-05-20T${clock}Z`, now))).toEqual([
    "9:41", "0:05", "0:00", "0:00",
  ]);
});

test("a time is told to the second, and with its date unless it was today", () => {
  const now = new Date(2026, 4, 20, 15).getTime();
  expect(exact(new Date(2026, 4, 20, 14, 2, 11).toISOString(), "en-GB", now)).toBe("14:02:11");
  expect(exact(new Date(2026, 4, 19, 14, 2, 11).toISOString(), "en-GB", now)).toBe("19 May 2026, 14:02:11");
});
