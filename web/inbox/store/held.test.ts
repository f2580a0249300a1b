import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FeedEvent } from "../../shared/feed-types";
import { delivery, row } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example" });
type Asked = { query: URLSearchParams; answer: (ids: number[], next?: number | null) => Promise<void> };
let asked: Asked[] = [];
vi.stubGlobal("fetch", (request: Request) =>
  new Promise<Response>((resolve) =>
    asked.push({
      query: new URL(request.url).searchParams,
      answer: async (ids, next = null) => {
        const body = JSON.stringify({ deliveries: ids.map((id) => ({ id })), next });
        resolve(new Response(body, { headers: { "Content-Type": "application/json" } }));
        await vi.advanceTimersByTimeAsync(0);
      },
    }),
  ),
);
const { held } = await import("./held.svelte");

const ids = (): number[] => held.all.map((one) => one.id);
const told = (id: number, state: "failed" | "unknown" | "sent", account_id = 1): FeedEvent => ({
  type: "event", position: id, person_id: 1, kind: "delivery.changed", delivery: delivery(id, 1, { state, account_id }), row: row(),
});
async function next(): Promise<Asked> {
  await vi.advanceTimersByTimeAsync(0);
  return asked.shift() as Asked;
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
});
afterEach(() => vi.useRealTimers());

test("the answer of the filter chosen last wins", async () => {
  const both = [held.load(null, ""), held.load(null, "unknown")];
  const [first, second] = [await next(), await next()];
  await second.answer([5]);
  await first.answer([9, 8, 5]);
  await Promise.all(both);
  expect(ids()).toEqual([5]);
});

test("new trouble comes into the list, asked for once, and what was loaded and selected stays", async () => {
  void held.load(1, "");
  await (await next()).answer([9, 8], 8);
  void held.more();
  await (await next()).answer([7, 6], 6);
  held.toggle(7, true);
  for (const id of [10, 11]) held.take(told(id, "failed"));
  held.take(told(12, "failed", 2));
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(1);
  await (await next()).answer([11, 10], 10);
  expect([ids(), held.next, [...held.selected]]).toEqual([[11, 10, 9, 8, 7, 6], 6, [7]]);
});

test("what is settled leaves the list, and asks nothing", async () => {
  void held.load(null, "");
  await (await next()).answer([9, 8]);
  held.take(told(9, "sent"));
  await vi.advanceTimersByTimeAsync(2000);
  expect([ids(), asked.length]).toEqual([[8], 0]);
});
