import { expect, test } from "vitest";
import type { MessageView } from "./frames";
import { EMPTY, markRead, merge, replay, seenUntil, undelivered, unread, waiting } from "./log";

function message(seq: number, change: Partial<MessageView> = {}): MessageView {
  return {
    seq,
    is_own: false,
    client_id: null,
    text: `text ${seq}`,
    author: "Bo",
    at: "2026-01-01T00:00:00Z",
    is_edited: false,
    is_deleted: false,
    state: "sent",
    files: [],
    ...change,
  };
}

const page = (messages: MessageView[]) => ({ position: 1, is_reset: true, has_earlier: true, messages });
const seqs = (log: { messages: readonly MessageView[] }) => log.messages.map((one) => one.seq);

test("what comes twice stands there once, with its newest text", () => {
  const log = merge(merge(EMPTY, [message(1), message(2)]), [message(2, { text: "edited" })]);

  expect(seqs(log)).toEqual([1, 2]);
  expect(log.messages[1]!.text).toBe("edited");
});

test("what comes late stands in the desk's order", () => {
  expect(seqs(merge(merge(EMPTY, [message(7)]), [message(3), message(5)]))).toEqual([3, 5, 7]);
});

test("a fresh page replaces what was there, a list of changes does not", () => {
  const before = merge(EMPTY, [message(1), message(2)]);

  expect(seqs(replay(before, page([message(9)])))).toEqual([9]);
  expect(replay(before, page([])).earlier).toBe(true);
  expect(seqs(replay(before, { ...page([message(3)]), is_reset: false }))).toEqual([1, 2, 3]);
});

test("what was read here stays so, whatever the desk knew when it looked", () => {
  const log = markRead(merge(EMPTY, [message(1), message(2)]), 2);
  const late = [message(1, { state: "delivered", text: "edited" }), message(3)];

  expect(unread(merge(log, late))).toBe(1);
  expect(merge(log, late).messages[0]!.text).toBe("edited");
  expect(unread(replay(log, page(late)))).toBe(1);
});

test("a draft waits until its message has come back by any way", () => {
  const draft = { client_id: "a", text: "Hello", files: [], at: "", order: 1 };
  const log = merge(EMPTY, [message(1, { is_own: true, client_id: "a" })]);

  expect(waiting([draft], EMPTY)).toEqual([draft]);
  expect(waiting([draft], log)).toEqual([]);
});

test("only answers that stand there and were not seen are unread", () => {
  const log = merge(EMPTY, [
    message(1),
    message(2, { state: "read" }),
    message(3, { is_own: true }),
    message(4, { is_deleted: true }),
    message(5, { state: "delivered" }),
  ]);

  expect(unread(log)).toBe(2);
  expect(undelivered(log.messages)).toEqual([1]);
  expect(seenUntil(log)).toBe(5);
  expect(unread(markRead(log, 1))).toBe(1);
  expect(seenUntil(markRead(log, 5))).toBeUndefined();
});

test("what the desk took while a fresh page was on its way stays", () => {
  const before = merge(EMPTY, [message(1), message(4, { is_own: true }), message(5)]);

  expect(seqs(replay(before, { ...page([message(2), message(3)]), is_reset: true }))).toEqual([2, 3, 4]);
});
