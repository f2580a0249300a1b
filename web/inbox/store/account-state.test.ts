import { expect, test } from "vitest";
import { bars, span, toneOf, wayOut, wordOf } from "./account-state";

const account = (changes: object) => ({
  state: "active" as const, paused_code: "", is_draining: false,
  health: { state: "running" as const, detail: "", last_event_at: null }, ...changes,
});

test("a refused login is told apart from a pause by hand", () => {
  expect(wordOf(account({ state: "paused", paused_code: "auth_refused" }))).toBe("needs_login");
  expect(wordOf(account({ state: "paused", paused_code: "paused" }))).toBe("paused");
  expect([wordOf(account({ is_draining: true })), wordOf(account({}))]).toEqual(["draining", "running"]);
  expect(["running", "needs_login", "paused", "starting"].map((word) => toneOf(word as never))).toEqual(["ok", "bad", "warn", "plain"]);
});

test("every trouble has a way out, and a well account has none", () => {
  expect(wayOut("needs_login", "auth_refused", "")).toBe("way.auth_refused");
  expect(wayOut("paused", "drained", "")).toBe("way.drained");
  expect(wayOut("running", "", "recipient_gone")).toBe("way.recipient");
  expect(wayOut("degraded", "", "")).toBe("way.passing");
  expect(wayOut("running", "", "")).toBeNull();
});

test("a sparkline's bars fill their box and a quiet hour keeps a trace", () => {
  const drawn = bars([0, 5, 10], 30, 20);
  expect(drawn.map((one) => one.h)).toEqual([2, 10, 20]);
  expect(drawn.at(-1)!.x + drawn.at(-1)!.w).toBeLessThanOrEqual(30);
});

test("a span is said in the unit that fits it", () => {
  expect([0.44, 12.3, 180, 7200].map((seconds) => span(seconds, "en"))).toEqual(["0.4 sec", "12 sec", "3 min", "2 hr"]);
});
