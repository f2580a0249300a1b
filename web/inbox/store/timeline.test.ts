import { expect, test } from "vitest";
import type { Delivery, Message } from "../../shared/api-types";
import { delivery, message, oneCase } from "./samples";
import { entries, kept, opening, sends, standing, worst, type Entry } from "./timeline";

const at = (minute: number, second = 0): string => new Date(2026, 4, 20, 10, minute, second).toISOString();

test("words of one voice in one minute are one group", () => {
  const lines = entries([message(1, { received_at: at(0) }), message(2, { received_at: at(0, 40) })], [oneCase(1)], null);
  expect(lines.filter((one) => one.kind === "message").map((one) => one.isFollowing)).toEqual([false, true]);
});

test("a message that failed, warns, or comes by another place starts its own group", () => {
  const first = message(1, { received_at: at(0) });
  for (const changes of [
    { place_id: 2 }, { warnings: ["unproven"] }, { is_claimed: true }, { level: 0 },
    { deliveries: [delivery(1, 2, { state: "failed" as const })] }, { received_at: at(2) },
  ]) {
    const lines = entries([first, message(2, { received_at: at(0, 5), ...changes })], [oneCase(1)], null);
    expect([changes, lines.at(-1)]).toMatchObject([changes, { kind: "message", isFollowing: false }]);
  }
});

test("what follows a message that failed starts its own group, below what can be done about that", () => {
  const failed = message(1, { received_at: at(0), deliveries: [delivery(1, 1, { state: "unknown" as const })] });
  const lines = entries([failed, message(2, { received_at: at(0, 5) })], [oneCase(1)], null);
  expect(lines.at(-1)).toMatchObject({ kind: "message", isFollowing: false });
});

test("each case is announced where it begins, a single nameless one is not", () => {
  const messages = [message(1, { case_id: 1 }), message(2, { case_id: 2 }), message(3, { case_id: 2 })];
  const cases = entries(messages, [oneCase(1), oneCase(2)], null).filter((one) => one.kind === "case");
  expect(cases.map((one) => [one.case.id, one.count])).toEqual([[1, 1], [2, 2]]);
  expect(entries(messages.slice(1), [oneCase(2)], null).some((one) => one.kind === "case")).toBe(false);
});

test("a case to which people come back says that it goes on, and is counted and folded where it began", () => {
  const messages = [message(1, { case_id: 1 }), message(2, { case_id: 2 }), message(3, { case_id: 1, direction: "event" }), message(4, { case_id: 2 })];
  const chapters = [{ case_id: 1, first_message_id: 1, last_message_id: 3, count: 1, is_folded: false }];
  const lines = entries(messages, [oneCase(1, { state: "solved" }), oneCase(2)], null, { chapters, folded: [], isWhole: true });
  expect(lines.flatMap((one) => (one.kind === "case" ? [[one.case.id, one.count, one.mayFold, one.isAgain]] : []))).toEqual([
    [1, 1, true, false], [2, 2, false, false], [1, null, false, true], [2, null, false, true],
  ]);
});

test("the unread line stands before the first unread message", () => {
  const kinds = entries([message(1), message(2)], [], 2).map((one) => one.key);
  expect(kinds).toEqual(["day-1", "m-1", "unread", "m-2"]);
});

test("of several parts the worst state is told, then the one least far", () => {
  const states = (...names: ("sent" | "read" | "failed" | "unknown")[]): string | undefined =>
    worst(names.map((state, id) => delivery(id, 1, { state })))?.state;
  expect([states("read", "sent"), states("read", "failed"), states("failed", "unknown"), states()]).toEqual([
    "sent", "failed", "unknown", undefined,
  ]);
});

test("of what was changed later the newest of each part counts, and what was let be does not", () => {
  const one = (id: number, part: number, kind: Delivery["kind"], state: Delivery["state"]): Delivery => delivery(id, 1, { part, kind, state });
  const all = [
    one(1, 0, "send", "sent"), one(2, 1, "send", "sent"),
    one(3, 0, "edit", "failed"), one(4, 0, "edit", "sent"),
    one(5, 1, "edit", "cancelled"),
  ];
  expect(sends(all).map(({ id }) => id)).toEqual([1, 2]);
  expect(standing(all).map(({ id }) => id)).toEqual([4]);
});

test("a conversation opens with what is in sight: from the unread line on, else the end", () => {
  const messages = Array.from({ length: 30 }, (_, at) => message(at + 1));
  const named = (firstUnread: number | null): string[] => opening(entries(messages, [oneCase(1)], firstUnread), 5).map((one) => one.key);
  expect(named(null)).toEqual(["m-26", "m-27", "m-28", "m-29", "m-30"]);
  expect(named(10)).toEqual(["m-9", "unread", "m-10", "m-11", "m-12"]);
  expect(named(30)).toEqual(["m-27", "m-28", "m-29", "unread", "m-30"]);
  expect(opening(entries(messages.slice(0, 2), [oneCase(1)], null), 5)).toHaveLength(3);
});

test("a line that says what it said is the same line, so that nothing of it is drawn again", () => {
  const messages = [message(1), message(2), message(3)];
  const cases = [oneCase(1), oneCase(2)];
  const before = entries(messages, cases, null);
  const changed = message(2, { revision: 1 });
  const now = kept(before, entries([messages[0], changed, messages[2], message(4)] as Message[], cases, null));
  const said = (lines: readonly Entry[]): number[] => lines.flatMap((one) => (one.kind === "message" ? [one.message.id] : []));
  expect(said(now)).toEqual([1, 2, 3, 4]);
  expect(now.filter((one) => before.includes(one)).map((one) => one.key)).toEqual(["day-1", "m-1", "m-3"]); // the case's line counts one more
  expect(now.find((one) => one.key === "m-2")).toMatchObject({ message: changed });
});
