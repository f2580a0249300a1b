// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FeedEvent } from "../../shared/feed-types";

let visibility = "visible";
Object.defineProperty(document, "visibilityState", { get: () => visibility });
type Asked = { ids: number[]; answer: (label: string) => void };
const asked: Asked[] = [];
vi.stubGlobal("fetch", (request: Request) => {
  const ids = new URL(request.url).searchParams.getAll("ids").flatMap((one) => one.split(",")).map(Number);
  return new Promise<Response>((resolve) => {
    const answer = (due_at: string): void => {
      const dues = ids.map((conversation_id) => ({ conversation_id, due_at }));
      resolve(new Response(JSON.stringify({ dues }), { headers: { "Content-Type": "application/json" } }));
    };
    asked.push({ ids, answer });
  });
});
const { desk } = await import("./desk.svelte");
const { dues } = await import("./dues.svelte");
const many = (first: number, end: number): number[] => Array.from({ length: end - first }, (_, at) => first + at);
const CHANGED = { kind: "deadlines.changed" } as FeedEvent;

async function answer(due: string): Promise<void> {
  asked.at(-1)?.answer(due);
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  visibility = "visible";
});
afterEach(() => {
  dues.forget();
  asked.length = 0;
  vi.useRealTimers();
});

test("all rows are asked for, those in sight first and no more at once than one question takes", async () => {
  dues.want([...many(100, 130), ...many(0, 150)]);
  await vi.advanceTimersByTimeAsync(250);
  await answer("early");
  await answer("early");
  expect(asked.map(({ ids }) => ids)).toEqual([[...many(100, 130), ...many(0, 90)], [...many(90, 100), ...many(130, 150)]]);
  expect(dues.known.size).toBe(150);
  desk.take(CHANGED);
  await vi.advanceTimersByTimeAsync(4000);
  await answer("late");
  await answer("late");
  expect([...dues.known.values()].every((one) => String(one.due_at) === "late")).toBe(true);
});

test("of a long list that is scrolled through no more is kept than a page can want", async () => {
  for (let first = 0; first < 3000; first += 100) {
    dues.want(many(first, first + 100));
    await vi.advanceTimersByTimeAsync(250);
    await answer("early");
  }
  expect(dues.known.size).toBeLessThanOrEqual(700);
  expect(dues.known.has(2999)).toBe(true);
  dues.want(many(0, 100));
  await vi.advanceTimersByTimeAsync(250);
  await answer("again");
  expect(String(dues.known.get(0)?.due_at)).toBe("again");
});

test("an answer to what was asked before they changed says nothing any more", async () => {
  dues.want([1]);
  await vi.advanceTimersByTimeAsync(250);
  desk.take(CHANGED);
  await vi.advanceTimersByTimeAsync(4000);
  await answer("new");
  asked[0]?.answer("old");
  await vi.advanceTimersByTimeAsync(0);
  expect([asked.length, String(dues.known.get(1)?.due_at)]).toEqual([2, "new"]);
});

test("pages ask one after another of what changed, and not while nobody looks", async () => {
  const apart = vi.spyOn(Math, "random").mockReturnValue(0.9);
  dues.want([1]);
  await vi.advanceTimersByTimeAsync(250);
  await answer("early");
  desk.take(CHANGED);
  await vi.advanceTimersByTimeAsync(3800);
  expect(asked).toHaveLength(1);
  visibility = "hidden";
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(1);
  visibility = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(2);
  apart.mockRestore();
});
