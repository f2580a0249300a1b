// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import type { FeedEvent } from "../../shared/feed-types";

let asked = 0;
vi.stubGlobal("fetch", () => {
  asked += 1;
  return Promise.resolve(new Response('{"approvals":[],"handovers":[7]}', { headers: { "Content-Type": "application/json" } }));
});
const { desk } = await import("./desk.svelte");
const { awaiting } = await import("./awaiting.svelte");

test("what happens together is asked for once, by one page after another", async () => {
  vi.useFakeTimers();
  const apart = vi.spyOn(Math, "random").mockReturnValue(0.9);
  await awaiting.load();
  for (const kind of ["handover.changed", "approval.changed", "handover.changed"]) desk.take({ kind } as FeedEvent);
  await vi.advanceTimersByTimeAsync(1500);
  expect([asked, awaiting.count]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toBe(2);
  apart.mockRestore();
  vi.useRealTimers();
});
