// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import type { FeedEvent } from "../../shared/feed-types";

let asked = 0;
let isDown = false;
let waiting = { approvals: [] as object[], handovers: [7] };
vi.stubGlobal("fetch", () => {
  asked += 1;
  if (isDown) return Promise.reject(new TypeError("offline"));
  return Promise.resolve(new Response(JSON.stringify(waiting), { headers: { "Content-Type": "application/json" } }));
});
const { desk } = await import("./desk.svelte");
const { awaiting } = await import("./awaiting.svelte");

test("what happens together is asked for once, by one page after another", async () => {
  vi.useFakeTimers();
  const apart = vi.spyOn(Math, "random").mockReturnValue(0.9);
  await awaiting.load();
  for (const kind of ["handover.changed", "approval.changed", "desk.changed"]) desk.take({ kind } as FeedEvent);
  await vi.advanceTimersByTimeAsync(1500);
  expect([asked, awaiting.count]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toBe(2);
  apart.mockRestore();
  vi.useRealTimers();
});

test("an answer whose time is over is counted no more, though nobody tells of it; not either once asking failed", async () => {
  vi.useFakeTimers();
  const expires_at = new Date(Date.now() + 60_000).toISOString();
  waiting = { approvals: [{ id: 1, conversation_id: 2, case_id: 3, may_approve: true, expires_at }], handovers: [] };
  await awaiting.load();
  waiting = { approvals: [], handovers: [] };
  await vi.advanceTimersByTimeAsync(59_000);
  expect(awaiting.count).toBe(1);
  isDown = true;
  await vi.advanceTimersByTimeAsync(3_000);
  isDown = false;
  expect(awaiting.count).toBe(1);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(awaiting.count).toBe(0);
  vi.useRealTimers();
});
