import { expect, test } from "vitest";
import type { FoundHole, ShownDuty } from "../../shared/api-types";
import { byAgent, dayOf, firstHoles, freshKey, holidayHours, inWeek, mondayOf, onDay, plusDays, span, spelled, weekdays } from "./shift-week";

const duty = (starts: string, ends: string, agents: number[], day = starts.slice(0, 10)): ShownDuty => ({
  shift: "a", name: "A", day, team_id: 1, agent_ids: agents, time_zone: "Asia/Tokyo", starts, ends, is_changed: false,
});

test("a week begins on its Monday, on a Sunday too", () => {
  expect(dayOf(mondayOf(new Date(2026, 5, 7, 23)))).toBe("2026-06-01");
  expect(dayOf(mondayOf(new Date(2026, 5, 1)))).toBe("2026-06-01");
});

test("days are counted by the calendar, over the change of clocks", () => {
  expect(dayOf(plusDays(new Date(2026, 2, 28), 2))).toBe("2026-03-30");
});

test("duties stand with their agents on the day on which they begin, and others' weeks are left out", () => {
  const monday = new Date(2026, 5, 1);
  const at = (days: number, hour: number): string => new Date(2026, 5, 1 + days, hour).toISOString();
  const week = byAgent([duty(at(0, 9), at(0, 17), [2, 1]), duty(at(2, 9), at(2, 17), [1]), duty(at(7, 9), at(7, 17), [3])], monday, [1, 2], false);

  expect(week.map((one) => [one.id, one.days.map((day) => day.length)])).toEqual([
    [1, [1, 0, 1, 0, 0, 0, 0]],
    [2, [1, 0, 0, 0, 0, 0, 0]],
  ]);
});

test("in the shift's own zone a duty stands on its own day, with the time of its wall", () => {
  const late = duty("2026-06-01T22:00:00Z", "2026-06-02T06:00:00Z", [1], "2026-06-02");

  expect(byAgent([late], new Date(2026, 5, 1), [1], true)[0]?.days[1]).toEqual([late]);
  expect(span(late, "en-GB", "Asia/Tokyo")).toBe("07:00–15:00");
});

test("a fresh key is of letters that the server takes, and nobody else's", () => {
  expect(freshKey("Night, Berlin!", [])).toBe("night-berlin");
  expect(freshKey("ночь", ["shift"])).toBe("shift-2");
});

test("a day of the calendar is that day whatever the reader's zone, and a holiday's hours end with it", () => {
  expect(onDay("2026-10-25", "en-GB")).toBe("Sun, 25 Oct 2026");
  const holiday = { day: "2026-12-24", name: "", team_ids: [] };
  expect([holidayHours(holiday), holidayHours({ ...holiday, starts: "12:00", ends: "00:00" })]).toEqual(["", ", 12:00–24:00"]);
});

test("days of the week are read as they are spelled, also over its end, and said in their order", () => {
  expect(spelled("mon-wed,sat")).toEqual(["mon", "tue", "wed", "sat"]);
  expect(spelled("fri-mon")).toEqual(["fri", "sat", "sun", "mon"]);
  expect(spelled(" Mon - WED , Sat")).toEqual(["mon", "tue", "wed", "sat"]);
  expect([spelled(""), spelled("someday")]).toEqual([[], []]);
  expect(inWeek(["sun", "mon"])).toBe("mon,sun");
  expect(weekdays("en")[6]).toEqual(["sun", "Sun"]);
});

test("the next hole of each cover stands in the list before the second one of any, all in order of time", () => {
  const hole = (cover: string, day: number): FoundHole => ({ cover, starts: `2026-06-0${day}T08:00:00Z`, ends: `2026-06-0${day}T09:00:00Z`, on_duty: 0, wanted: 1 });
  const holes = [hole("day", 1), hole("day", 2), hole("day", 3), hole("weekend", 6), hole("weekend", 7), hole("night", 2)];
  expect(firstHoles(holes, 4)).toEqual([hole("day", 1), hole("day", 2), hole("night", 2), hole("weekend", 6)]);
  expect(firstHoles(holes, 9)).toHaveLength(6);
});
