import { expect, test } from "vitest";
import type { Case, Reach } from "../../shared/api-types";
import { fieldsOf, PLAIN, readReason, reasonFor } from "./public";

const shared = { place: { id: 7, kind: "group", title: "Team", parent_title: "" } } as Reach;
const alone = { place: null } as Reach;
const open = { is_private: false, access_class: "normal" } as Case;

test("an answer is refused in public for the mark before the case", () => {
  const closed = { ...open, is_private: true };
  expect(reasonFor(shared, PLAIN, open)).toBe(null);
  expect(reasonFor(shared, { ...PLAIN, isPrivate: true }, closed)).toBe("marked_private");
  expect(reasonFor(shared, PLAIN, closed)).toBe("private_case");
  expect(reasonFor(shared, PLAIN, { ...closed, access_class: "kyc" })).toBe("restricted_case");
});

test("nothing is refused where nobody reads along, or once it goes on in private", () => {
  const closed = { ...open, is_private: true };
  expect(reasonFor(alone, { ...PLAIN, isPrivate: true }, closed)).toBe(null);
  expect(reasonFor(null, PLAIN, closed)).toBe(null);
  expect(reasonFor(shared, { ...PLAIN, inPrivate: true }, closed)).toBe(null);
});

test("an answer says only what was chosen, and a line only with a private answer", () => {
  const chosen = { isPrivate: true, inPrivate: true, leavesLine: true, line: " Look into your messages. " };
  expect(fieldsOf(shared, chosen)).toEqual({ is_private: true, in_private: true, public_line: "Look into your messages." });
  expect(fieldsOf(shared, { ...chosen, leavesLine: false })).toEqual({ is_private: true, in_private: true });
  expect(fieldsOf(shared, { ...chosen, inPrivate: false })).toEqual({ is_private: true });
  expect(fieldsOf(shared, PLAIN)).toEqual({});
  expect(fieldsOf(alone, chosen)).toEqual({});
});

test("a reason that we have no sentence for is none", () => {
  expect([readReason("private_case"), readReason("new"), readReason(7)]).toEqual(["private_case", null, null]);
});
