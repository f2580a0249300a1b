import { expect, test } from "vitest";
import { proofLines, saidAt, stepOf } from "./evidence";
import { identity, message } from "./samples";

test("a proof is read as lines, the telling ones first, and never as JSON", () => {
  const proof = { spf: "pass", at: "2026-05-20T10:00:00Z", odd_thing: { depth: 2 }, from_domain: "mail.example", list: ["a", "b"], found: "dkim" };
  expect(proofLines(proof)).toEqual([
    { name: "from_domain", value: "mail.example" },
    { name: "spf", value: "pass" },
    { name: "odd_thing", value: "depth 2" },
    { name: "list", value: "a, b" },
  ]);
});

test("what is only claimed shows as unproven, whatever level it carries", () => {
  expect([stepOf(2, true), stepOf(2, false), stepOf(7, false), stepOf(-1, false)]).toEqual([0, 2, 3, 0]);
});

test("an unproven word in a proven conversation is marked louder than among strangers", () => {
  const forged = message(1, { level: 0 });
  const stranger = identity(1, { level: 0, is_claimed: true });
  expect(saidAt(forged, stranger, [stranger, identity(2, { level: 2 })])).toEqual({ step: 0, kind: "unproven" });
  expect(saidAt(forged, stranger, [stranger])).toEqual({ step: 0, kind: "plain" });
});

test("a message keeps the level at which it was said, although its sender is better known today", () => {
  const known = identity(1, { level: 2 });
  expect(saidAt(message(1, { level: 1 }), known, [known])).toEqual({ step: 1, kind: "weaker" });
  expect(saidAt(message(2, { level: 2 }), known, [known])).toEqual({ step: 2, kind: "plain" });
});

test("what the desk says has no level", () => {
  expect(saidAt(message(1, { direction: "out", level: null }), identity(1), [identity(1)])).toBeNull();
});
