import { expect, test } from "vitest";
import type { Person } from "../../shared/api-types";
import { kindOf, localTime, typed, wallClock } from "./facts";

const person = (host: Record<string, unknown>[], attributes: Record<string, unknown>): Person =>
  ({ host_accounts: host.map((one) => ({ attributes: one })), attributes }) as unknown as Person;

test("what is typed is read as its kind, and nothing else", () => {
  expect(typed(" 1 204,5 ", "number")).toBe(1204.5);
  expect(typed("soon", "number")).toBeNull();
  expect(typed("", "number")).toBeNull();
  expect(typed(" gold ", "text")).toBe("gold");
  expect(typed(" ", "text")).toBeNull();
  expect([typed("true", "flag"), typed("false", "flag")]).toEqual([true, false]);
  expect([true, 3, "x"].map(kindOf)).toEqual(["flag", "number", "text"]);
});

test("the site's word on the time zone comes before an attribute, and a zone that nobody knows is none", () => {
  expect(localTime(person([{}, { time_zone: "Asia/Tokyo" }], { timezone: "Europe/Rome" }))).toEqual({ zone: "Asia/Tokyo", source: "host" });
  expect(localTime(person([{ time_zone: "Mars/Base" }], { timezone: "Europe/Rome" }))).toEqual({ zone: "Europe/Rome", source: "note" });
  expect(localTime(person([], { timezone: 3 }))).toBeNull();
});

test("their clock names the day where it is another one", () => {
  const noon = Date.UTC(2026, 4, 3, 12, 0);
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(wallClock(noon, here, "en-GB")).toMatch(/^\d\d:\d\d$/);
  expect(wallClock(noon, "Pacific/Kiritimati", "en-GB")).toMatch(/^Mon,? 02:00$/);
});
