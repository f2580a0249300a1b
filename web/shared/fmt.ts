// Times, numbers and sizes as the reader's language writes them. Pure: "now" is an argument.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const made = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let one = made.get(key);
  if (!one) made.set(key, (one = new Intl.DateTimeFormat(locale, options)));
  return one;
}

const counters = new Map<string, Intl.NumberFormat>();

function counter(locale: string, options?: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = options ? locale + JSON.stringify(options) : locale;
  let one = counters.get(key);
  if (!one) counters.set(key, (one = new Intl.NumberFormat(locale, options)));
  return one;
}

const relatives = new Map<string, Intl.RelativeTimeFormat>();

function relative(locale: string, style: "long" | "short"): Intl.RelativeTimeFormat {
  const key = `${locale} ${style}`;
  let one = relatives.get(key);
  if (!one) relatives.set(key, (one = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style })));
  return one;
}

/** `14:02`. */
export function clock(iso: string, locale: string): string {
  return format(locale, { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** To the second: when something was told. With the date, unless it was today. */
export function exact(iso: string, locale: string, now: number): string {
  const at = new Date(iso);
  const isToday = startOfDay(at.getTime()) === startOfDay(now);
  const date: Intl.DateTimeFormatOptions = isToday ? {} : { day: "numeric", month: "short", year: "numeric" };
  return format(locale, { ...date, hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
}

/** Everything there is to say: for tooltips. */
export function full(iso: string, locale: string): string {
  return format(locale, { dateStyle: "full", timeStyle: "medium" }).format(new Date(iso));
}

/** The heading of a day: Today and Yesterday in words, else the date. */
export function day(iso: string, locale: string, now: number): string {
  const at = new Date(iso);
  const days = Math.round((startOfDay(now) - startOfDay(at.getTime())) / DAY);
  if (days === 0 || days === 1) {
    const words = relative(locale, "long").format(-days, "day");
    return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1);
  }
  const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "long" };
  if (at.getFullYear() !== new Date(now).getFullYear()) options.year = "numeric";
  return format(locale, options).format(at);
}

/** A time to come, short: the hour alone today, else with the day. */
export function when(iso: string, locale: string, now: number): string {
  const at = new Date(iso);
  if (startOfDay(at.getTime()) === startOfDay(now)) return clock(iso, locale);
  const isFar = Math.abs(at.getTime() - now) > 300 * DAY;
  const date: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short", year: isFar ? "numeric" : undefined };
  return format(locale, { ...date, hour: "2-digit", minute: "2-digit" }).format(at);
}

/** A day's key in the reader's own zone, to group by. */
export function dayKey(iso: string): number {
  return startOfDay(new Date(iso).getTime());
}

/** Short age for a list row: now, 5 min, 14:02, Mon, 3 May. */
export function age(iso: string, locale: string, now: number): string {
  const at = new Date(iso).getTime();
  const past = now - at;
  if (past < MINUTE) return relative(locale, "long").format(0, "second");
  if (past < HOUR) return minutes(Math.max(0, Math.floor(past / MINUTE)), locale);
  if (at >= startOfDay(now)) return clock(iso, locale);
  if (past < 6 * DAY) return format(locale, { weekday: "short" }).format(at);
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? undefined : "2-digit";
  return format(locale, { day: "numeric", month: "short", year }).format(at);
}

function minutes(count: number, locale: string, unit = "minute"): string {
  return counter(locale, { style: "unit", unit, unitDisplay: "narrow" }).format(count);
}

/** A length of whole minutes as it is meant, in the greatest unit that says all of it: `90m`, `10h`, `3d`. */
export function length(time: number, locale: string): string {
  if (time % DAY === 0) return minutes(time / DAY, locale, "day");
  return time % HOUR === 0 ? minutes(time / HOUR, locale, "hour") : minutes(time / MINUTE, locale);
}

/** So many milliseconds, short and rounded up: `14m`, `3h`, `2d`. */
export function span(time: number, locale: string): string {
  if (time < HOUR) return minutes(Math.ceil(time / MINUTE), locale);
  return time < 2 * DAY ? minutes(Math.ceil(time / HOUR), locale, "hour") : minutes(Math.ceil(time / DAY), locale, "day");
}

/** `3 minutes ago`, in words. */
export function ago(iso: string, locale: string, now: number): string {
  const past = Math.max(0, now - new Date(iso).getTime());
  const words = relative(locale, "short");
  if (past < MINUTE) return words.format(0, "second");
  if (past < HOUR) return words.format(-Math.floor(past / MINUTE), "minute");
  if (past < DAY) return words.format(-Math.floor(past / HOUR), "hour");
  return words.format(-Math.floor(past / DAY), "day");
}

/** `1.2 MB`, in the reader's numerals and units. */
export function size(bytes: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let step = 0;
  let count = bytes;
  while (count >= 1000 && step < units.length - 1) {
    count /= 1000;
    step += 1;
  }
  return counter(locale, {
    style: "unit",
    unit: units[step],
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: count < 10 && step > 0 ? 1 : 0,
  }).format(count);
}

export function number(count: number, locale: string): string {
  return counter(locale).format(count);
}

/** Names as one reads them out: `Ana, Bo and Cy`. */
export function list(names: string[], locale: string): string {
  return new Intl.ListFormat(locale, { type: "conjunction" }).format(names);
}

function startOfDay(time: number): number {
  const at = new Date(time);
  at.setHours(0, 0, 0, 0);
  return at.getTime();
}

/** Initials of a name, or its last character where names have no spaces. */
export function initials(name: string): string {
  const words = name.replace(/[^\p{L}\p{N}\s@.]/gu, "").trim().split(/[\s@.]+/u).filter(Boolean);
  const first = words[0];
  if (!first) return "?";
  if (/\p{Script=Han}/u.test(first)) return first.slice(-2);
  const last = words.length > 1 ? (words[words.length - 1] ?? "") : "";
  return ([...first][0] ?? "").toLocaleUpperCase() + ([...last][0] ?? "").toLocaleUpperCase();
}

/** What is left of a span of time, as a clock that runs down: `9:41`. Nothing is left at `0:00`. */
export function left(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
