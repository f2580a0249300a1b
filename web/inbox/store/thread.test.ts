import { expect, test } from "vitest";
import type { Message, Reach } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { chosenPlace } from "./reach";
import { AT, conversation, delivery, message, oneCase, person, reach, row } from "./samples";
import { bestFirst } from "./standing";
import { append, applyEvent, concerns, newest, newestOfOthers, prepend, putAnswer, putCase, putDelivery, toThread, WINDOW, within, type Thread } from "./thread";

const page = (ids: number[], before = false, after = false): { messages: Message[]; has_before: boolean; has_after: boolean } => ({
  messages: ids.map((id) => message(id)), has_before: before, has_after: after,
});
const thread = (ids: number[], before = false, after = false): Thread => toThread(conversation(), page(ids, before, after));
const ids = (one: Thread): number[] => one.messages.map((each) => each.id);
const created = (one: Message): FeedEvent => ({
  type: "event", position: one.id, person_id: one.person_id, kind: "message.created", message: one, row: row(),
});
const said = (placeId: number): Reach => reach(placeId, { last_inbound_at: AT, is_default: true });
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("a message stands by its id, even if it comes late", () => {
  expect(ids(applyEvent(thread([1, 2, 5]), created(message(4))))).toEqual([1, 2, 4, 5]);
});

test("an event that comes twice changes nothing the second time", () => {
  const once = applyEvent(thread([1]), created(message(2)));
  expect(applyEvent(once, created(message(2)))).toEqual(once);
});

test("a new message is not put below a gap", () => {
  const gapped = thread([1, 2], false, true);
  expect(applyEvent(gapped, created(message(9))).messages).toBe(gapped.messages);
});

test("a delivery replaces its older self and keeps the order of parts", () => {
  const before = toThread(conversation(), {
    messages: [message(1, { deliveries: [delivery(8, 1, { part: 1 }), delivery(7, 1)] })], has_before: false, has_after: false,
  });
  const after = putDelivery(before, delivery(7, 1, { state: "sent" }));
  expect(after.messages[0]?.deliveries.map((one) => [one.id, one.state])).toEqual([[7, "sent"], [8, "queued"]]);
});

test("an answer that is read after the feed told of the sending does not undo it", () => {
  const queued = message(2, { deliveries: [delivery(7, 2)] });
  const told = applyEvent(putAnswer(thread([1]), queued), {
    type: "event", position: 9, person_id: 1, kind: "delivery.changed",
    delivery: delivery(7, 2, { state: "sent", state_at: "2026-11-22T04:00:09.5Z" }), row: row(),
  } as FeedEvent);
  expect(putAnswer(told, queued).messages[1]?.deliveries[0]?.state).toBe("sent");
  const again = delivery(7, 2, { state: "failed", state_at: "2026-11-22T04:00:09.9Z" });
  expect(putAnswer(told, { ...queued, deliveries: [again] }).messages[1]?.deliveries[0]?.state).toBe("failed");
});

test("an answer of an older text does not undo a newer one, nor a deletion", () => {
  const now = applyEvent(thread([1]), created(message(2, { revision: 3, text: "third" })));
  expect(putAnswer(now, message(2, { revision: 2, text: "second" }))).toBe(now);
  expect(putAnswer(now, message(2, { revision: 4, text: "fourth" })).messages[1]?.text).toBe("fourth");
  const gone = applyEvent(thread([1]), created(message(2, { deleted_at: AT })));
  expect(putAnswer(gone, message(2))).toBe(gone);
});

test("a delivery of a message that is not loaded is left alone", () => {
  const before = thread([1]);
  expect(putDelivery(before, delivery(7, 99))).toBe(before);
});

test("messages of somebody merged into the person concern the same thread", () => {
  const merged = { ...thread([1]), person: person({ member_ids: [1, 5] }) };
  expect([concerns(merged, created(message(2, { person_id: 5 }))), concerns(merged, created(message(2, { person_id: 6 })))]).toEqual([true, false]);
});

test("older messages go on top once, however often they are asked for", () => {
  const once = prepend(thread([5, 6], true), page([3, 4], true));
  const twice = prepend(once, page([3, 4], true));
  expect([ids(twice), twice.hasBefore]).toEqual([[3, 4, 5, 6], true]);
});

test("a word from somebody makes their place the first to answer at", () => {
  const two = toThread(conversation({ reach: [said(1), reach(2)] }), page([1]));
  const after = applyEvent(two, created(message(2, { place_id: 2, received_at: "2026-05-20T10:05:00Z" })));
  expect(after.reach.map((one) => [one.place_id, one.is_default])).toEqual([[2, true], [1, false]]);
});

test("the window never grows past its limit, and remembers what it let go", () => {
  const full = thread(range(301, 600));
  const older = prepend(full, page(range(251, 300), true));
  expect([older.messages.length, older.messages[0]?.id, older.hasAfter]).toEqual([WINDOW, 251, true]);
  const newer = append(older, page(range(551, 600)));
  expect([newer.messages.length, newer.messages.at(-1)?.id, newer.hasBefore, newer.hasAfter]).toEqual([WINDOW, 600, true, false]);
});

test("a reply answers the newest message of others, not one's own and not an event", () => {
  const mixed = toThread(conversation(), {
    messages: [
      message(1),
      message(2, { direction: "out", author: { kind: "agent", id: 9, name: "Maria" } }),
      message(3, { direction: "out", author: { kind: "agent", id: 4, name: "Bo" } }),
      message(4, { direction: "event", author: { kind: "system", id: null, name: "" } }),
    ],
    has_before: false, has_after: false,
  });
  expect(newestOfOthers(mixed, 4)).toBe(2);
  const told = message(5, { direction: "event", joined: { message_id: 9, person_id: 2, name: "Bea" } });
  expect(newestOfOthers({ ...mixed, messages: [...mixed.messages, told] }, 4)).toBe(5);
});

test("old state and events make the fresh state, in any order of deliveries and cases", () => {
  const final = toThread(conversation({ cases: [oneCase(1, { state: "solved" }), oneCase(2)], reach: [said(1)] }), {
    messages: [
      message(1),
      message(2, { direction: "out", deliveries: [delivery(1, 2, { state: "read" })] }),
      message(3, { text: "edited", revision: 2 }),
    ],
    has_before: false, has_after: false,
  });
  const events: FeedEvent[] = [
    created(message(2, { direction: "out", deliveries: [delivery(1, 2)] })),
    { type: "event", position: 3, person_id: 1, kind: "delivery.changed", delivery: delivery(1, 2, { state: "sent" }), row: row() },
    created(message(3)),
    { type: "event", position: 5, person_id: 1, kind: "case.changed", case: oneCase(2), row: row() },
    { type: "event", position: 6, person_id: 1, kind: "message.changed", message: message(3, { text: "edited", revision: 2 }), row: row() },
    { type: "event", position: 7, person_id: 1, kind: "case.changed", case: oneCase(1, { state: "solved" }), row: row() },
    { type: "event", position: 8, person_id: 1, kind: "delivery.changed", delivery: delivery(1, 2, { state: "read" }), row: row() },
  ];
  expect(events.reduce(applyEvent, thread([1]))).toEqual(final);
});

test("who was just taken out does not become the person of the conversation that they left", () => {
  const both: Thread = { ...thread([1]), person: person({ id: 6, member_ids: [3, 6] }) };
  const changed = (one: ReturnType<typeof person>): FeedEvent => ({ type: "event", position: 9, person_id: one.id, kind: "person.changed", person: one, row: row() });
  expect(applyEvent(both, changed(person({ id: 3, member_ids: [3] })))).toBe(both);
  expect(applyEvent(both, changed(person({ id: 6, display_name: "New", member_ids: [6] }))).person.display_name).toBe("New");
});

test("a word in a chat under its other name moves the one that is offered to the front", () => {
  const ways = [reach(1, { is_default: true }), reach(2), reach(3, { same_as: 2 })];
  const after = applyEvent(toThread(conversation({ reach: ways }), page([])), created(message(7, { place_id: 3, received_at: AT })));
  expect(after.reach.map((one) => [one.place_id, one.is_default])).toEqual([[2, true], [1, false], [3, false]]);
  expect(chosenPlace(after.reach, 3)?.place_id).toBe(2);
  expect(bestFirst(after.reach).map((one) => one.place_id)).toEqual([2, 1]);
});

test("a case for which another one stands is shown no more, and again when that is undone", () => {
  const both = toThread(conversation({ cases: [oneCase(1), oneCase(2)] }), { messages: [], has_before: false, has_after: false });
  const merged = putCase(both, oneCase(1, { state: "solved", merged_into_id: 2 }));
  expect(merged.cases.map((one) => one.id)).toEqual([2]);
  expect(toThread(conversation({ cases: [oneCase(1, { merged_into_id: 2 }), oneCase(2)] }), { messages: [], has_before: false, has_after: false }).cases).toEqual(merged.cases);
  expect(putCase(merged, oneCase(1)).cases).toEqual(both.cases);
});

test("of a conversation that grew at its end only the newest stay, and the rest can be fetched", () => {
  const full = newest(thread([1, 2, 3, 4, 5]), 5);
  expect([ids(full), full.hasBefore]).toEqual([[2, 3, 4, 5], true]);
  const short = thread([1, 2, 3, 4]);
  expect(newest(short, 5)).toBe(short);
  const up = within(thread([1, 2, 3, 4, 5]), 4);
  expect([ids(up), up.hasAfter]).toEqual([[1, 2, 3, 4], true]);
  expect(within(short, 4)).toBe(short);
});
