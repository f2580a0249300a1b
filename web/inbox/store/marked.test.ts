import { expect, test } from "vitest";
import { placeOf } from "./marked";

test("what comes above the marked line leaves it marked", () => {
  const lines = [{ key: "m1" }, { key: "m2" }, { key: "search" }, { key: "help" }];
  expect(placeOf(lines, { key: "search" })).toBe(2);
  expect(placeOf(lines, undefined)).toBe(0);
  expect(placeOf(lines, { key: "gone" })).toBe(0);
});

test("a conversation that is found as a person too stays marked as that person", () => {
  const lines = [{ key: "help" }, { key: "p4", personId: 4 }, { key: "p5", personId: 5 }];
  expect(placeOf(lines, { key: "r5", personId: 5 })).toBe(2);
  expect(placeOf(lines, { key: "r6", personId: 6 })).toBe(0);
});
