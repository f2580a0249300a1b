// A week of duties as a table has them: by agent and day, in the reader's zone or the shift's own. Pure.
import type { FoundHole, ShownDuty, ShownHoliday } from "../../shared/api-types";

/** Midnight of the Monday of this week, in the reader's zone. */
export function mondayOf(at: Date): Date {
  const day = new Date(at.getFullYear(), at.getMonth(), at.getDate());
  day.setDate(day.getDate() - ((day.getDay() + 6) % 7));
  return day;
}

/** Days are added by the calendar: one of them may have 23 or 25 hours. */
export function plusDays(day: Date, count: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + count);
}

/** As 2026-06-01, of the reader's zone. */
export function dayOf(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export interface AgentWeek {
  id: number;
  /** Seven, from Monday on. */
  days: ShownDuty[][];
}

/** Whoever has a duty that begins in this week, in the order of `ids`; others behind them. */
export function byAgent(duties: ShownDuty[], monday: Date, ids: number[], isInShiftZone: boolean): AgentWeek[] {
  const days = Array.from({ length: 7 }, (_, n) => dayOf(plusDays(monday, n)));
  const found = new Map<number, ShownDuty[][]>();
  for (const duty of duties) {
    const at = days.indexOf(isInShiftZone ? duty.day : dayOf(new Date(duty.starts)));
    if (at < 0) continue;
    for (const id of duty.agent_ids) {
      const week = found.get(id) ?? days.map(() => []);
      week[at]?.push(duty);
      found.set(id, week);
    }
  }
  const rank = (id: number): number => (ids.includes(id) ? ids.indexOf(id) : ids.length);
  return [...found].map(([id, week]) => ({ id, days: week })).sort((a, b) => rank(a.id) - rank(b.id) || a.id - b.id);
}

/** As 09:00–17:00, in a zone or the reader's. */
export function span(duty: ShownDuty, locale: string, zone?: string): string {
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(zone && { timeZone: zone }) });
  return `${clock.format(new Date(duty.starts))}–${clock.format(new Date(duty.ends))}`;
}

/** A shift on a day: from its first instant to its last, and what of that is worked. */
export interface WholeShift extends ShownDuty {
  parts: ShownDuty[];
}

/** A holiday of some hours cuts a shift: its parts are one again. In order of time, as the parts come. */
export function together(duties: ShownDuty[]): WholeShift[] {
  const found = new Map<string, WholeShift>();
  for (const one of duties) {
    const whole = found.get(`${one.shift} ${one.day}`);
    if (whole) Object.assign(whole, { ends: one.ends, parts: [...whole.parts, one] });
    else found.set(`${one.shift} ${one.day}`, { ...one, parts: [one] });
  }
  return [...found.values()];
}

/** As 09:00–12:00, 14:00–17:00, in the reader's zone. */
export const spans = (one: WholeShift, locale: string): string => one.parts.map((part) => span(part, locale)).join(", ");

/** A day of the calendar, as Mon, 1 Jun 2026: whatever the reader's zone, it is this one. */
export function onDay(day: string, locale: string): string {
  const parts = { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(locale, parts).format(new Date(`${day}T12:00:00Z`));
}

/** Behind the day: the hours of a holiday that is not the whole of it. */
export const holidayHours = (one: ShownHoliday): string => (one.starts && one.ends ? `, ${one.starts}–${one.ends === "00:00" ? "24:00" : one.ends}` : "");

/** As Mon, 1 Jun, 09:00, in the reader's zone. */
export function moment(iso: string, locale: string): string {
  const parts = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(locale, parts).format(new Date(iso));
}

const NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Each as the rota says it, and as the reader does. */
export function weekdays(locale: string): [string, string][] {
  const named = new Intl.DateTimeFormat(locale, { weekday: "short" });
  return NAMES.map((day, n) => [day, named.format(new Date(2026, 5, 1 + n))]);
}

/** mon-fri as its days. */
export function spelled(said: string): string[] {
  return said.toLowerCase().split(",").flatMap((part) => {
    const [from = "", to = from] = part.split("-").map((one) => one.trim());
    const [a, b] = [NAMES.indexOf(from), NAMES.indexOf(to)];
    if (a < 0 || b < 0) return [];
    return Array.from({ length: ((b - a + 7) % 7) + 1 }, (_, n) => NAMES[(a + n) % 7] ?? "");
  });
}

/** Days in the order of the week, as mon,tue. */
export const inWeek = (days: readonly string[]): string => NAMES.filter((one) => days.includes(one)).join(",");

/** So many of them, in order of time: the next one of each cover before the second one of any. */
export function firstHoles(holes: readonly FoundHole[], most: number): FoundHole[] {
  const before = new Map<string, number>();
  const ranked = holes.toSorted((a, b) => Date.parse(a.starts) - Date.parse(b.starts)).map((hole, at) => {
    const nth = before.get(hole.cover) ?? 0;
    before.set(hole.cover, nth + 1);
    return { hole, nth, at };
  });
  const chosen = ranked.toSorted((a, b) => a.nth - b.nth || a.at - b.at).slice(0, most);
  return chosen.sort((a, b) => a.at - b.at).map(({ hole }) => hole);
}

/** A name for a shift that the rota has not yet. */
export function freshKey(name: string, taken: string[]): string {
  const base = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 30) || "shift";
  let key = base;
  for (let n = 2; taken.includes(key); n += 1) key = `${base}-${n}`;
  return key;
}
