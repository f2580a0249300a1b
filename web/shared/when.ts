// Reads a time as people say it, in English, Chinese and Russian: "tomorrow 9", "明天9点", "завтра в 9". Pure.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MORNING = 9;

const UNITS: readonly [RegExp, number | "day" | "week"][] = [
  [/^(m|mins?|minutes?|мин|минут[аыу]?|分钟?)$/, MINUTE],
  [/^(h|hrs?|hours?|ч|час|часа|часов|个?小时|个?钟头)$/, HOUR],
  [/^(d|days?|день|дня|дней|天)$/, "day"],
  [/^(w|weeks?|недел[юяиь]|недель|周|个?星期)$/, "week"],
];
const DAYS: readonly [RegExp, number][] = [
  [/^(day after tomorrow|послезавтра|后天)/, 2],
  [/^(today|сегодня|今天|今日)/, 0],
  [/^(tomorrow|завтра|明天|明日|明)/, 1],
];
const WEEKDAYS: readonly RegExp[] = [
  /^(?:(?:on |в |во |этот |下|这)?(?:sun(?:day)?|воскресенье|周[日天]|星期[日天]|礼拜[日天]))/,
  /^(?:(?:on |в |下|这)?(?:mon(?:day)?|понедельник|周一|星期一|礼拜一))/,
  /^(?:(?:on |во |в |下|这)?(?:tue(?:s(?:day)?)?|вторник|周二|星期二|礼拜二))/,
  /^(?:(?:on |в |下|这)?(?:wed(?:nesday)?|среду|среда|周三|星期三|礼拜三))/,
  /^(?:(?:on |в |下|这)?(?:thu(?:rs(?:day)?)?|четверг|周四|星期四|礼拜四))/,
  /^(?:(?:on |в |下|这)?(?:fri(?:day)?|пятницу|пятница|周五|星期五|礼拜五))/,
  /^(?:(?:on |в |下|这)?(?:sat(?:urday)?|субботу|суббота|周六|星期六|礼拜六))/,
];
const NEXT_WEEK = /^(next week|на следующей неделе|через неделю|下个?(?:周|星期)(?![一二三四五六日天]))/;
const PARTS: readonly [RegExp, number, "am" | "pm"][] = [
  [/^(morning|in the morning|утром|утра|上午|早上|早晨)/, MORNING, "am"],
  [/^(noon|at noon|в полдень|полдень|中午)/, 12, "pm"],
  [/^(afternoon|in the afternoon|днём|днем|дня|下午)/, 14, "pm"],
  [/^(evening|in the evening|tonight|вечером|вечера|晚上|今晚)/, 18, "pm"],
];
const CLOCK = /^(?:at |в |во )?(\d{1,2})(?:[:.：]([0-5]\d)|[点时](半|[0-5]?\d)?分?)?\s*(am|pm|утра|вечера|дня|час(?:а|ов)?)?$/;

/** The moment that is meant, later than `now`; null: it cannot be read, or it is past. */
export function readWhen(said: string, now: Date): Date | null {
  const text = said.toLocaleLowerCase().replace(/[,，]/g, " ").replace(/\s+/g, " ").trim();
  if (text === "") return null;
  const found = readSpan(text, now) ?? readDay(text, now);
  return found && found.getTime() > now.getTime() ? found : null;
}

function readSpan(text: string, now: Date): Date | null {
  const match = /^(?:in |через )?(\d{1,4}|an?|half an)?\s*([^\s\d]+?)\s*(?:后|以后|之后)?$/.exec(text);
  const isSaid = /^(in|через) |后$/.test(text) || /^\d+\s*[a-zа-я]+$/.test(text);
  if (!match || !isSaid) return null;
  const unit = UNITS.find(([pattern]) => pattern.test(match[2]!))?.[1];
  if (unit === undefined) return null;
  const said = match[1];
  const count = said === undefined || said === "a" || said === "an" ? 1 : said === "half an" ? 0.5 : Number(said);
  if (typeof unit === "number") return new Date(now.getTime() + count * unit);
  return at(now, count * (unit === "week" ? 7 : 1), MORNING, 0);
}

function readDay(text: string, now: Date): Date | null {
  const { days, rest } = dayOf(text, now);
  const clock = clockOf(rest.trim());
  if (!clock) return null;
  const found = at(now, days ?? 0, clock.hour, clock.minute);
  // A bare hour that is over means the same hour tomorrow.
  if (days === null && found <= now) return clock.isSaid ? at(now, 1, clock.hour, clock.minute) : null;
  return days === null && !clock.isSaid ? null : found;
}

function dayOf(text: string, now: Date): { days: number | null; rest: string } {
  const week = NEXT_WEEK.exec(text);
  if (week) return { days: ((8 - now.getDay()) % 7) || 7, rest: text.slice(week[0].length) };
  for (const [pattern, days] of DAYS) {
    const match = pattern.exec(text);
    if (match) return { days, rest: text.slice(match[0].length) };
  }
  for (const [weekday, pattern] of WEEKDAYS.entries()) {
    const match = pattern.exec(text.replace(/^next /, ""));
    if (!match) continue;
    const days = (weekday - now.getDay() + 7) % 7 || 7;
    // "下周三" is in the week that begins next Monday.
    const monday = ((8 - now.getDay()) % 7) || 7;
    const isNextWeek = match[0].startsWith("下");
    const rest = text.replace(/^next /, "").slice(match[0].length);
    return { days: isNextWeek ? monday + ((weekday + 6) % 7) : days, rest };
  }
  return { days: null, rest: text };
}

function clockOf(rest: string): { hour: number; minute: number; isSaid: boolean } | null {
  let text = rest;
  let half: "am" | "pm" | null = null;
  let hour = MORNING;
  let isSaid = false;
  for (const [pattern, usual, which] of PARTS) {
    const match = pattern.exec(text);
    if (!match) continue;
    [hour, half, isSaid] = [usual, which, true];
    text = text.slice(match[0].length).trim();
    break;
  }
  if (text === "") return { hour, minute: 0, isSaid };
  const match = CLOCK.exec(text);
  if (!match) return null;
  const [, hours, minutes, spoken, suffix] = match;
  hour = Number(hours);
  if (suffix === "pm" || suffix === "вечера" || suffix === "дня") half = "pm";
  if (half === "pm" && hour < 12) hour += 12;
  if (suffix === "am" && hour === 12) hour = 0;
  const minute = spoken === "半" ? 30 : Number(spoken ?? minutes ?? 0);
  return hour < 24 ? { hour, minute, isSaid: true } : null;
}

function at(now: Date, days: number, hour: number, minute: number): Date {
  const found = new Date(now);
  found.setDate(found.getDate() + days);
  found.setHours(hour, minute, 0, 0);
  return found;
}

export type Offer = { key: "hour" | "evening" | "tomorrow" | "monday"; at: Date };

/** What is offered before anything is typed. */
export function offers(now: Date): Offer[] {
  const monday = ((8 - now.getDay()) % 7) || 7;
  const all: Offer[] = [
    { key: "hour", at: new Date(now.getTime() + HOUR) },
    { key: "evening", at: at(now, 0, 18, 0) },
    { key: "tomorrow", at: at(now, 1, MORNING, 0) },
    { key: "monday", at: at(now, monday, MORNING, 0) },
  ];
  return all.filter((one) => one.key !== "evening" || now.getHours() < 17).filter((one) => one.key !== "monday" || monday > 1);
}
