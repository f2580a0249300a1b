import { expect, test } from "vitest";
import { reach } from "./samples";
import { isConfirmed, lastWrote, surprises } from "./target";

const EARLY = "2026-05-20T10:00:00Z";
const LATE = "2026-05-20T11:00:00Z";
const mail = reach(1, { identity_id: 1, account_id: 1, last_inbound_at: EARLY });
const chat = reach(2, { identity_id: 2, account_id: 2, last_inbound_at: LATE });
const unheard = reach(3, { identity_id: 3, account_id: 3, last_inbound_at: null });

test("where somebody last wrote counts even if they cannot be answered there", () => {
  expect(lastWrote([mail, { ...chat, is_available: false }, unheard])?.place_id).toBe(2);
  expect(lastWrote([unheard])).toBeNull();
});

test("an answer to another address than the last surprises", () => {
  expect(surprises([mail, chat], mail)?.place_id).toBe(2);
  expect(surprises([mail, chat], chat)).toBeNull();
  expect(surprises([mail, chat], null)).toBeNull();
});

test("another thread of the same address is no surprise, a group of the same identity is one", () => {
  const thread = reach(4, { identity_id: 2, account_id: 2, last_inbound_at: EARLY });
  const group = { ...thread, place: { id: 4, kind: "group", title: "All", parent_title: "" } } as typeof thread;
  expect(surprises([chat, thread], thread)).toBeNull();
  expect(surprises([chat, group], group)?.place_id).toBe(2);
});

test("what was confirmed holds until the person writes from elsewhere or the target changes", () => {
  const known = { placeId: 1, lastId: 2 };
  expect(isConfirmed(known, mail, chat)).toBe(true);
  expect(isConfirmed(known, mail, unheard)).toBe(false);
  expect(isConfirmed(known, unheard, chat)).toBe(false);
  expect(isConfirmed(undefined, mail, chat)).toBe(false);
});
