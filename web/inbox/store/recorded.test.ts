// A real desk's frames, with what it answered before and after them: following them must lead to the same state.
import { expect, test } from "vitest";
import type { Conversation, ConversationRow, Id, Index, MessagePage, BuiltInView } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { belongs, place, without, type Order } from "./index";
import recorded from "./recorded.json";
import { applyEvent, concerns, toThread, type Thread } from "./thread";

type Snapshot = {
  index: Record<BuiltInView, Index>;
  rows: ConversationRow[];
  threads: Record<string, { conversation: Conversation; page: MessagePage }>;
  position: number;
};
type Recorded = { agent_id: Id; before: Snapshot; frames: FeedEvent[]; after: Snapshot[] };
const { agent_id: agentId, before, frames, after } = recorded as unknown as Recorded;
const VIEWS = Object.keys(before.index) as BuiltInView[];

type State = { rows: Map<Id, ConversationRow>; orders: Map<BuiltInView, Order>; threads: Thread[]; isSure: boolean };

function open(snapshot: Snapshot): State {
  return {
    rows: new Map(snapshot.rows.map((row) => [row.person_id, row])),
    orders: new Map(VIEWS.map((view) => [view, snapshot.index[view].ids])),
    threads: Object.values(snapshot.threads).map(({ conversation, page }) => toThread(conversation, page)),
    isSure: true,
  };
}

/** What the stores do with an event, without their clocks. */
function follow(state: State, event: FeedEvent): void {
  const changed = "rows" in event ? event.rows : "row" in event ? [event.row] : [];
  const gone = "gone" in event ? event.gone : [];
  const newest = new Map([...state.rows].map(([id, row]) => [id, row.last_message_id]));
  for (const row of changed) {
    for (const [view, order] of state.orders) {
      const placed = place(order, newest, row, belongs(row, view, agentId));
      state.orders.set(view, placed.order);
      state.isSure &&= placed.isSure;
    }
    newest.set(row.person_id, row.last_message_id);
    state.rows.set(row.person_id, row);
  }
  for (const id of gone) state.rows.delete(id);
  for (const [view, order] of state.orders) state.orders.set(view, without(order, gone));
  state.threads = state.threads.map((thread) => (concerns(thread, event) ? applyEvent(thread, event) : thread));
}

function followed(from: Snapshot, to: Snapshot): State {
  const state = open(from);
  for (const frame of frames) if (frame.position > from.position && frame.position <= to.position) follow(state, frame);
  return state;
}

const shown = (thread: Thread): unknown => [thread.messages, thread.cases, thread.person];
const steps: [string, Snapshot, Snapshot][] = [
  ["through messages, notes, deliveries and cases", before, after[0] as Snapshot],
  ["through a merge", after[0] as Snapshot, after[1] as Snapshot],
  ["through its undoing", after[1] as Snapshot, after[2] as Snapshot],
];

test("the recording holds what the tests are about", () => {
  const kinds = new Set(frames.map((frame) => frame.kind));
  for (const kind of ["message.created", "delivery.changed", "case.changed", "read.changed", "person.merged", "person.split"]) {
    expect(kinds).toContain(kind);
  }
});

test.each(steps)("rows followed %s are the rows of a fresh page", (_, from, to) => {
  const { rows } = followed(from, to);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(to.rows.map((row) => [row.person_id, row])));
});

test.each(steps)("every view followed %s has the order of a fresh page", (_, from, to) => {
  const { orders, isSure } = followed(from, to);
  expect(Object.fromEntries(orders)).toEqual(Object.fromEntries(VIEWS.map((view) => [view, to.index[view].ids])));
  expect(isSure).toBe(true);
});

test("conversations followed through a day's work are those of a fresh page", () => {
  const [from, to] = [before, after[0] as Snapshot];
  expect(followed(from, to).threads.map(shown)).toEqual(open(to).threads.map(shown));
});
