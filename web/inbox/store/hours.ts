// Opening hours as the form draws them: which days there are to choose from, and what they are called. Pure.
import type { OpenStretch } from "../../shared/api-types";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const CHOICES = ["mon-fri", "mon-sat", "mon-sun", "sat,sun", ...DAYS];
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

/** What is chosen already is among them, however it is written. */
export function choicesWith(days: string): string[] {
  return CHOICES.includes(days) ? CHOICES : [days, ...CHOICES];
}

/** mon-fri as Mon–Fri, in the reader's language. */
export function nameOf(days: string, locale: string): string {
  const names = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
  return days
    .replace(/[a-z]{3}/g, (day) => (DAYS.includes(day) ? names.format(MONDAY + DAYS.indexOf(day) * DAY_MS) : day))
    .replaceAll("-", "–")
    .replaceAll(",", ", ");
}

export const aWeek = (): OpenStretch => ({ days: "mon-fri", opens: "09:00", closes: "18:00" });

/** A field of time knows no 24:00. */
export const toField = (time: string): string => (time === "24:00" ? "00:00" : time);
export const toClosing = (time: string): string => (time === "00:00" ? "24:00" : time);
