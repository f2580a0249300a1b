// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";

const ANN = { id: 7, display_name: "Ann", identities: ["ann@shop.invalid"], channels: [], snippet: "" };
let isWell = true;

vi.stubGlobal("fetch", async () =>
  isWell
    ? new Response(JSON.stringify({ persons: [ANN] }), { headers: { "Content-Type": "application/json" } })
    : new Response("{}", { status: 503, headers: { "Content-Type": "application/json" } }),
);
const { Named } = await import("./named.svelte");
const pause = (): Promise<unknown> => vi.advanceTimersByTimeAsync(200);

beforeEach(() => {
  isWell = true;
  vi.useFakeTimers();
});

test("who was found stands with the part that found them", async () => {
  const named = new Named();
  named.look("ann");
  await pause();
  expect(named.people).toEqual({ part: "ann", found: [{ id: 7, name: "Ann · ann@shop.invalid" }] });
});

test("after an answer that failed nobody is kept, and the same part is asked for again", async () => {
  const named = new Named();
  named.look("ann");
  await pause();
  isWell = false;
  named.look("bob");
  await pause();
  expect(named.people.found).toEqual([]);
  isWell = true;
  named.look("bob");
  await pause();
  expect(named.people.part).toBe("bob");
});
