import { locale, t } from ".";

/** Times, sizes and shares in the visitor's own form. */
export function clock(at: string): string {
  return new Intl.DateTimeFormat(locale.value, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

export function day(at: string, now = new Date()): string {
  const date = new Date(at);
  if (date.toDateString() === now.toDateString()) return t("today");
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale.value, { weekday: "short", day: "numeric", month: "short", year }).format(date);
}

const unit = (count: number, name: string) =>
  new Intl.NumberFormat(locale.value, { style: "unit", unit: name, unitDisplay: "long" }).format(count);

export const seconds = (ms: number) => unit(Math.ceil(ms / 1000), "second");

export function within(minutes: number): string {
  return minutes < 90 ? unit(minutes, "minute") : unit(Math.round(minutes / 60), "hour");
}

export const percent = (share: number) =>
  new Intl.NumberFormat(locale.value, { style: "percent" }).format(share);

/** A moment to come: the hour if it is today, the weekday too if it is not. */
export function until(at: string, now = new Date()): string {
  const date = new Date(at);
  const weekday = date.toDateString() === now.toDateString() ? undefined : "long";
  return new Intl.DateTimeFormat(locale.value, { weekday, hour: "numeric", minute: "2-digit" }).format(date);
}

export function fileSize(bytes: number): string {
  const step = bytes < 1e6 ? { unit: "kilobyte", by: 1e3 } : { unit: "megabyte", by: 1e6 };
  const count = Math.max(0.1, bytes / step.by);
  return new Intl.NumberFormat(locale.value, {
    style: "unit",
    unit: step.unit,
    maximumFractionDigits: count < 10 ? 1 : 0,
  }).format(count);
}
