// From what the server says of an account to a word, a tone, and the way out. Pure.
import type { Account } from "../../shared/api-types";

export type Word = "running" | "starting" | "degraded" | "down" | "paused" | "needs_login" | "draining";
export type Tone = "ok" | "warn" | "bad" | "plain";

export function wordOf(account: Pick<Account, "state" | "paused_code" | "is_draining" | "health">): Word {
  if (account.state === "paused") return account.paused_code === "auth_refused" ? "needs_login" : "paused";
  return account.is_draining ? "draining" : account.health.state;
}

export function toneOf(word: Word): Tone {
  if (word === "running") return "ok";
  if (word === "down" || word === "needs_login") return "bad";
  return word === "paused" || word === "degraded" ? "warn" : "plain";
}

const RECIPIENT = ["recipient_gone", "place_gone", "content_rejected", "unsupported", "permanent"];

/** Which sentence says what to do; null: nothing is the matter. */
export function wayOut(word: Word, pausedCode: string, errorCode: string): string | null {
  if (word === "needs_login") return "way.auth_refused";
  if (word === "paused") return pausedCode === "bad_config" || pausedCode === "drained" ? `way.${pausedCode}` : "way.paused";
  if (word === "down" || word === "degraded") return "way.passing";
  if (!errorCode) return null;
  return RECIPIENT.includes(errorCode) ? "way.recipient" : "way.passing";
}

/** Bars of a sparkline: x, height and count, in a box of this size. Nothing is drawn taller than the box. */
export function bars(counts: readonly number[], width: number, height: number): { x: number; w: number; h: number; n: number }[] {
  const most = Math.max(1, ...counts);
  const step = width / Math.max(1, counts.length);
  return counts.map((n, at) => ({ x: at * step, w: Math.max(1, step - 1.5), h: n === 0 ? 2 : Math.max(4, (n / most) * height), n }));
}

/** Seconds as people say them: "0.4 s", "12 s", "3 min", "2 h". */
export function span(seconds: number, locale: string): string {
  const [value, unit] = seconds < 60 ? [seconds, "second"] : seconds < 5400 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  const digits = unit === "second" && seconds < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value);
}
