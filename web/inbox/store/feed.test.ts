import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FeedEvent, ServerFrame } from "../../shared/feed-types";
import { Feed, type FeedState, type Socket } from "./feed";
import { row } from "./samples";

class FakeSocket implements Socket {
  readyState = 1 as const;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: Socket["onclose"] = null;
  sent: string[] = [];
  isClosed = false;
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.isClosed = true;
  }
  hear(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let sockets: FakeSocket[];
let asked: number[];
let events: FeedEvent[];
let states: FeedState[];
let resets: number;
let feed: Feed;

const event = (position: number): FeedEvent => ({
  type: "event", position, person_id: 1, kind: "read.changed", row: row(),
});
const last = (): FakeSocket => sockets.at(-1) as FakeSocket;

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, asked, events, states, resets] = [[], [], [], [], 0];
  feed = new Feed(
    (after) => {
      asked.push(after);
      sockets.push(new FakeSocket());
      return last();
    },
    {
      onEvent: (one) => events.push(one),
      onLive: () => {},
      onReset: () => (resets += 1),
      onState: (state) => states.push(state),
    },
    () => 1,
    () => Date.now(),
  );
});
afterEach(() => vi.useRealTimers());

test("after a cut the feed goes on from the position it reached", () => {
  feed.start(40);
  last().hear({ type: "hello", position: 42, agent_id: 1 });
  last().hear(event(41));
  last().hear(event(42));
  last().onclose?.();
  vi.advanceTimersByTime(500);
  expect(asked).toEqual([40, 42]);
});

test("an event that was seen before is dropped", () => {
  feed.start(0);
  last().hear(event(1));
  last().hear(event(1));
  last().hear(event(2));
  expect(events.map((one) => one.position)).toEqual([1, 2]);
});

test("a reset moves the position and asks for everything again", () => {
  feed.start(5);
  last().hear({ type: "reset", position: 900 });
  last().hear(event(900));
  last().hear(event(901));
  expect([resets, feed.position, events.length]).toEqual([1, 901, 1]);
});

test("pauses between tries grow to fifteen seconds, and shrink again once it works", () => {
  feed.start(0);
  for (const pause of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const before = asked.length;
    last().onclose?.();
    vi.advanceTimersByTime(pause - 1);
    expect(asked.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(asked.length).toBe(before + 1);
  }
  last().hear({ type: "hello", position: 0, agent_id: 1 });
  last().onclose?.();
  vi.advanceTimersByTime(500);
  expect(asked.length).toBe(9);
});

test("a socket that says nothing for 45 seconds is given up", () => {
  feed.start(0);
  const dead = last();
  vi.advanceTimersByTime(20_000);
  expect(dead.sent).toEqual(['{"type":"ping"}']);
  vi.advanceTimersByTime(40_000);
  expect(dead.isClosed).toBe(true);
  vi.advanceTimersByTime(500);
  expect(sockets.length).toBe(2);
});

test("what an old socket says after it was given up is not heard", () => {
  feed.start(0);
  const old = last();
  old.onclose?.();
  vi.advanceTimersByTime(500);
  old.hear(event(7));
  expect(events).toEqual([]);
});

test("a feed that the desk ended since its agent may see other things asks for everything again, once it is open", () => {
  const seen: number[] = [];
  feed.start(5);
  for (const code of [1006, 4401, 1006, 1006]) {
    last().hear({ type: "hello", position: 5, agent_id: 1 });
    seen.push(resets);
    last().onclose?.({ code });
    vi.advanceTimersByTime(500);
  }
  expect([seen, resets]).toEqual([[0, 0, 1, 1], 1]);
});

test("a stopped feed opens nothing any more", () => {
  feed.start(0);
  feed.stop();
  feed.hurry();
  vi.advanceTimersByTime(60_000);
  expect([sockets.length, states.at(-1)]).toEqual([1, "closed"]);
});
