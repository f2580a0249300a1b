import { expect, test } from "vitest";
import type { LogLine } from "../../shared/api-types";
import { joined, matches, MOST } from "./loglines";

const line = (key: string, at: string, changes: Partial<LogLine> = {}): LogLine => ({
  key, at, kind: "outcome", code: "transient", message_id: 4, delivery_id: 7, attempt: 1, ms: 12, reason: "Refused", ...changes,
});

test("a line that is told again is there once, in its newest words and in its place", () => {
  const old = [line("a", "2026-01-01T00:00:01Z"), line("b", "2026-01-01T00:00:02Z")];
  const found = joined(old, [line("a", "2026-01-01T00:00:03Z", { code: "sent" })]);
  expect(found.map((one) => [one.key, one.code])).toEqual([["b", "transient"], ["a", "sent"]]);
});

test("a log never grows past its limit, and lets the oldest go", () => {
  const many = Array.from({ length: MOST + 5 }, (_, n) => line(`k${n}`, new Date(n * 1000).toISOString()));
  const found = joined([], many);
  expect([found.length, found[0]!.key]).toEqual([MOST, "k5"]);
});

test("a filter finds by state, id and word, all of them together", () => {
  const one = line("a", "2026-01-01T00:00:01Z");
  expect(["transient", "7 REFUSED", "", "sent", "7 sent"].map((filter) => matches(one, filter))).toEqual([true, true, true, false, false]);
});
