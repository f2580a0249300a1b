import { expect, test } from "vitest";
import { rings } from "./ringing";
import { message, row } from "./samples";

test("what somebody writes rings, and what we write does not", () => {
  expect(rings(message(1), row())).toBe(true);
  expect(rings(message(1, { direction: "out" }), row())).toBe(false);
});

test("a blocked person is silent, and so is a blocked identity, but not their others", () => {
  expect(rings(message(1), row({ is_blocked: true }))).toBe(false);
  expect(rings(message(1, { identity_id: 7 }), row({ blocked_identities: [7] }))).toBe(false);
  expect(rings(message(1, { identity_id: 8 }), row({ blocked_identities: [7] }))).toBe(true);
});
