import { expect, test } from "vitest";
import type { Chapter, MessagePage } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { spotsOf } from "../parts/marks";
import { between, folded, opened, openedOf, reopened } from "./chapters";
import { conversation, message, oneCase } from "./samples";
import { applyEvent, newestOfOthers, toThread, type Thread } from "./thread";
import { entries } from "./timeline";

const chapter = (case_id: number, first: number, last: number, is_folded = true): Chapter => ({ case_id, first_message_id: first, last_message_id: last, count: 2, is_folded });
const CASES = [1, 2, 3].map((id) => oneCase(id, { state: id === 3 ? "open" : "solved" }));

/** Cases 1 (messages 1, 2) and 2 (3, 4) are folded; 5 and 6 are of the open one. */
function thread(page: Partial<MessagePage> = {}): Thread {
  const messages = [message(5, { case_id: 3 }), message(6, { case_id: 3 })];
  return toThread(conversation({ cases: CASES }), { messages, has_before: false, has_after: false, chapters: [chapter(1, 1, 2), chapter(2, 3, 4)], ...page });
}
const drawn = (one: Thread): string[] =>
  entries(one.messages, one.cases, null, { chapters: one.chapters, folded: between(one), isWhole: false }).filter((line) => line.kind !== "day").map((line) => line.key);
const said = (changes: Parameters<typeof message>[1]): FeedEvent => ({ type: "event", position: 9, person_id: 1, kind: "message.created", message: message(7, changes), row: conversation().row });

test("folded cases stand in their place, each as one line with the server's count", () => {
  const one = thread();
  expect(drawn(one)).toEqual(["folded-1", "folded-2", "case-3-5", "m-5", "m-6"]);
  const lines = entries(one.messages, one.cases, null, { chapters: one.chapters, folded: between(one), isWhole: false });
  expect(lines.flatMap((line) => (line.kind === "case" ? [[line.case.id, line.count, line.isFolded, line.mayFold]] : []))).toEqual([
    [1, 2, true, true], [2, 2, true, true], [3, null, false, false],
  ]);
});

test("a folded case between two others that are here stands between them", () => {
  const open = thread({ chapters: [chapter(1, 1, 2, false), chapter(2, 3, 4)], messages: [message(1, { case_id: 1 }), message(2, { case_id: 1 }), message(5, { case_id: 3 })] });
  expect(drawn(open)).toEqual(["case-1-1", "m-1", "m-2", "folded-2", "case-3-5", "m-5"]);
  expect(openedOf(open)).toEqual([1]);
});

test("what lies beyond the page's ends is not told of yet", () => {
  expect(drawn(thread({ has_before: true }))).toEqual(["case-3-5", "m-5", "m-6"]);
  const early = thread({ has_after: true, messages: [message(1, { case_id: 1 })], chapters: [chapter(1, 1, 2, false), chapter(2, 3, 4)] });
  expect(drawn(early)).toEqual(["case-1-1", "m-1"]);
});

test("a case that is folded by hand keeps its line and loses its messages, and comes back", () => {
  const open = thread({ chapters: [chapter(1, 1, 2, false)], messages: [message(1, { case_id: 1 }), message(5, { case_id: 3 })] });
  const closed = folded(open, 1);
  expect(drawn(closed)).toEqual(["folded-1", "case-3-5", "m-5"]);
  expect(folded(closed, 1)).toBe(closed);
  expect(opened(closed, 1).folded).toEqual([]);
});

test("what is said in a folded case opens it; what only happened there does not", () => {
  const one = thread();
  expect(reopened(one, said({ case_id: 1 }))).toBe(1);
  expect(applyEvent(one, said({ case_id: 1 })).messages).toEqual(one.messages);
  expect(reopened(one, said({ case_id: 1, direction: "event" }))).toBeNull();
  expect(reopened(one, said({ case_id: 3 }))).toBeNull();
  const changed = (state: "open" | "solved"): FeedEvent => ({ type: "event", position: 9, person_id: 1, kind: "case.changed", case: oneCase(2, { state }), row: conversation().row });
  expect([reopened(one, changed("open")), reopened(one, changed("solved"))]).toEqual([2, null]);
});

test("what the feed tells again, from before the page was read, opens nothing", () => {
  const read = { ...thread(), cases: CASES.map((one) => ({ ...one, revision: 3 })) };
  const again: FeedEvent = { type: "event", position: 9, person_id: 1, kind: "message.created", message: message(2, { case_id: 1 }), row: conversation().row };
  expect(reopened(read, again)).toBeNull();
  const changed = (revision: number): FeedEvent => ({ type: "event", position: 9, person_id: 1, kind: "case.changed", case: oneCase(2, { state: "open", revision }), row: conversation().row });
  expect([reopened(read, changed(2)), reopened(read, changed(4))]).toEqual([null, 2]);
});

test("a folded case that becomes one with another, and a message that leaves one, are fetched where they now stand", () => {
  const one = thread();
  const merged: FeedEvent = { type: "event", position: 9, person_id: 1, kind: "case.changed", case: oneCase(1, { state: "solved", merged_into_id: 3 }), row: conversation().row };
  expect(reopened(one, merged)).toBe(1);
  const moved = (id: number, case_id: number): FeedEvent => ({ type: "event", position: 9, person_id: 1, kind: "message.changed", message: message(id, { case_id }), row: conversation().row });
  expect(reopened(one, moved(2, 3))).toBe(3);
  // From one folded case to another, what is here anyway, what lies before the page's beginning, and where nothing is folded.
  const others = [reopened(one, moved(2, 2)), reopened(one, moved(5, 3)), reopened(thread({ has_before: true }), moved(2, 3)), reopened(thread({ chapters: [] }), moved(2, 3))];
  expect(others).toEqual([null, null, null, null]);
});

test("a reply answers what is folded too", () => {
  expect(newestOfOthers(thread({ messages: [] }), 9)).toBe(4);
  expect(newestOfOthers(thread(), 9)).toBe(6);
});

test.each([
  ["My refund, your REFUND", "refund", [[3, 9], [16, 22]]],
  ["a.b axb", "a.b", [[0, 3]]],
  ["退款没有到账", "没有", [[2, 4]]],
  ["ПРИВЕТ", "привет", [[0, 6]]],
  ["none", "x", []],
])("in %j the letters %j stand at %j", (text, words, spots) => {
  expect(spotsOf(text, words)).toEqual(spots);
});
