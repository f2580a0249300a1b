import { expect, test } from "vitest";
import type { Workspace } from "../../shared/api-types";
import { offered, showsNews } from "./workspace-form";

const HOURS = [{ days: "mon-fri", opens: "09:00", closes: "18:00" }];
const STORED: Workspace = { name: "Acme", language: "en", time_zone: "Europe/Berlin", hours: HOURS };
const NEWS: Workspace = { ...STORED, time_zone: "Asia/Tokyo" };

test("news of the desk are shown to whoever has changed nothing", () => {
  expect(showsNews(null, { ...STORED, name: "" }, STORED)).toBe(true);
  expect(showsNews(STORED, { ...STORED, hours: [...HOURS] }, NEWS)).toBe(true);
});

test("what was saved counts as unchanged from then on", () => {
  expect(showsNews(STORED, NEWS, NEWS)).toBe(true);
});

test.each([{ name: "Acme Exchange" }, { language: "ru" as const }, { time_zone: "Asia/Tok" }, { hours: [] }, { hours: [{ ...HOURS[0]!, opens: "10:00" }] }])(
  "nothing that was typed is lost to news: %j",
  (changes) => {
    expect(showsNews(STORED, { ...STORED, ...changes }, NEWS)).toBe(false);
  },
);

test("a desk without a name is offered what the browser knows", () => {
  const bare: Workspace = { name: "", language: "en", time_zone: "UTC", hours: [] };
  const shown = offered(bare, "zh", "Asia/Shanghai");
  expect(shown).toMatchObject({ name: "", language: "zh", time_zone: "Asia/Shanghai" });
  expect(shown.hours).toHaveLength(1);
  expect(offered(STORED, "zh", "")).toEqual(STORED);
});
