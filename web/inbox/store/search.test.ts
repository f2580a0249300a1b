// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FeedEvent } from "../../shared/feed-types";
import { message, row } from "./samples";

const HIT = { person_id: 1, display_name: "Ana", state: "open", owner: null, channels: [], messages: [], more: 0 };
let answer: { conversations: (typeof HIT)[]; next: number | null; is_behind: boolean };
let isAway = false;
const asked: string[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  if (!request.url.includes("/search?")) return new Response("{}");
  asked.push(request.url);
  if (isAway) throw new TypeError("away");
  return new Response(JSON.stringify({ persons: [], ...answer }), { headers: { "Content-Type": "application/json" } });
});
const { desk } = await import("./desk.svelte");
const { search } = await import("./search.svelte");
const said: FeedEvent = { type: "event", position: 1, person_id: 1, kind: "message.created", message: message(9), row: row() };
const nothing = (is_behind: boolean) => ({ conversations: [], next: null, is_behind });
const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  search.forget();
  isAway = false;
  asked.length = 0;
  vi.useRealTimers();
});

test("what was said a moment before it is looked for is found without a second search", async () => {
  answer = nothing(true);
  await search.run("refund");
  answer = { conversations: [HIT], next: null, is_behind: false };
  await wait(1_100);
  expect(search.found).toEqual([]);
  await wait(200);
  expect(search.found).toEqual([HIT]);
  await wait(60_000);
  expect(asked).toHaveLength(2);
});

test("an empty page asks once more when the feed tells that something was said, and never without end", async () => {
  answer = nothing(false);
  await search.run("refund");
  await wait(60_000);
  expect(asked).toHaveLength(1);
  for (let told = 0; told < 20; told += 1) {
    desk.take(said);
    await wait(400);
  }
  expect(asked).toHaveLength(4);
});

test("hits are asked for once on a desk where something is always being said", async () => {
  answer = { conversations: [HIT], next: 7, is_behind: true };
  await search.run("refund");
  desk.take(said);
  await wait(60_000);
  expect(asked).toHaveLength(1);
  await search.again();
  await search.more();
  await wait(60_000);
  expect(asked).toHaveLength(3);
});

test("nothing is asked for what is left, and what fails by itself leaves the page as it was", async () => {
  answer = nothing(true);
  await search.run("refund");
  isAway = true;
  await wait(1_300);
  expect([search.failure, search.isLoading, asked.length]).toEqual([null, false, 2]);
  isAway = false;
  await search.run("payout");
  search.forget();
  await wait(60_000);
  expect(asked).toHaveLength(3);
});

test("hits are asked for anew with all else: those that may be seen no more go, and stay as they were without an answer", async () => {
  answer = { conversations: [HIT, { ...HIT, person_id: 2 }], next: null, is_behind: false };
  await search.run("refund");
  isAway = true;
  search.renew();
  await wait(100);
  expect([search.found.length, search.isLoading, search.failure]).toEqual([2, false, null]);
  isAway = false;
  answer = { conversations: [HIT], next: null, is_behind: false };
  search.renew();
  expect([search.found.length, search.isLoading]).toEqual([2, false]);
  await wait(100);
  expect(search.found).toEqual([HIT]);
});
