import { describe, expect, it } from "vitest";
import { offers, readWhen } from "./when";

// A Wednesday.
const NOW = new Date(2026, 3, 15, 14, 20);
const said = (text: string): string | null => {
  const found = readWhen(text, NOW);
  if (!found) return null;
  const two = (one: number): string => String(one).padStart(2, "0");
  return `${two(found.getDate())}.${two(found.getMonth() + 1)} ${two(found.getHours())}:${two(found.getMinutes())}`;
};

describe("a time as people say it", () => {
  it.each([
    ["tomorrow 9", "16.04 09:00"],
    ["tomorrow at 9:30", "16.04 09:30"],
    ["Tomorrow", "16.04 09:00"],
    ["tomorrow evening", "16.04 18:00"],
    ["tomorrow 6pm", "16.04 18:00"],
    ["today 18", "15.04 18:00"],
    ["tonight", "15.04 18:00"],
    ["in 2 hours", "15.04 16:20"],
    ["30 min", "15.04 14:50"],
    ["in an hour", "15.04 15:20"],
    ["in 3 days", "18.04 09:00"],
    ["monday 10", "20.04 10:00"],
    ["wed", "22.04 09:00"],
    ["next week", "20.04 09:00"],
    ["18:00", "15.04 18:00"],
    ["9", "16.04 09:00"],
    ["明天9点", "16.04 09:00"],
    ["明天上午9点半", "16.04 09:30"],
    ["明天下午3点20分", "16.04 15:20"],
    ["后天", "17.04 09:00"],
    ["2小时后", "15.04 16:20"],
    ["30分钟后", "15.04 14:50"],
    ["周五 10:30", "17.04 10:30"],
    ["下周三9点", "22.04 09:00"],
    ["下周", "20.04 09:00"],
    ["今晚", "15.04 18:00"],
    ["今晚8点", "15.04 20:00"],
    ["завтра в 9", "16.04 09:00"],
    ["Завтра в 9:15", "16.04 09:15"],
    ["завтра утром", "16.04 09:00"],
    ["послезавтра", "17.04 09:00"],
    ["через 2 часа", "15.04 16:20"],
    ["через час", "15.04 15:20"],
    ["через неделю", "22.04 09:00"],
    ["в понедельник в 10", "20.04 10:00"],
    ["сегодня в 18", "15.04 18:00"],
    ["в пятницу вечером", "17.04 18:00"],
    ["завтра в 7 вечера", "16.04 19:00"],
  ])("reads %s", (text, meant) => expect(said(text)).toBe(meant));

  it.each(["", "soon", "today 9", "25:00", "tomorrow at nine", "минуту", "42", "明天99点"])("does not guess at %j", (text) =>
    expect(said(text)).toBe(null),
  );

  it("offers only what is still to come", () => {
    expect(offers(NOW).map((one) => one.key)).toEqual(["hour", "evening", "tomorrow", "monday"]);
    expect(offers(new Date(2026, 3, 19, 20, 0)).map((one) => one.key)).toEqual(["hour", "tomorrow"]);
    expect(offers(NOW).every((one) => one.at > NOW)).toBe(true);
  });
});
