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

test("what changed in one conversation is asked for it alone, and nothing where nobody looks", async () => {
  dues.want([1, 2, 3]);
  await vi.advanceTimersByTimeAsync(250);
  await answer("early");
  for (const id of [2, 9]) desk.take({ kind: "deadlines.changed", person_id: id, case_id: 70 + id } as FeedEvent);
  await vi.advanceTimersByTimeAsync(4000);
  expect(asked.map(({ ids }) => ids)).toEqual([[1, 2, 3], [2]]);
  await answer("late");
  expect([1, 2, 3].map((id) => String(dues.known.get(id)?.due_at))).toEqual(["early", "late", "early"]);

  for (let id = 100; id < 150; id += 1) desk.take({ kind: "deadlines.changed", person_id: id, case_id: id } as FeedEvent);
  await vi.advanceTimersByTimeAsync(9000);
  expect(asked).toHaveLength(2);
});

test("what was asked of one before it changed says nothing of it any more, and of others all the same", async () => {
  dues.want([1, 2]);
  await vi.advanceTimersByTimeAsync(250);
  desk.take({ kind: "deadlines.changed", person_id: 2, case_id: 7 } as FeedEvent);
  await vi.advanceTimersByTimeAsync(4000);
  await answer("new");
  asked[0]?.answer("old");
  await vi.advanceTimersByTimeAsync(0);
  expect([1, 2].map((id) => String(dues.known.get(id)?.due_at))).toEqual(["old", "new"]);
});

test("people who were merged are asked for again", async () => {
  dues.want([1, 2, 3]);
  await vi.advanceTimersByTimeAsync(250);
  await answer("early");
  desk.take({ kind: "person.merged", person_id: 1, merge: { winner_id: 1, loser_id: 3 }, rows: [], gone: [3] } as unknown as FeedEvent);
  await vi.advanceTimersByTimeAsync(4000);
  expect(asked.at(-1)?.ids).toEqual([1, 3]);
});

test("what nobody looks at any more and changed meanwhile is asked for once it is in sight again", async () => {
  dues.want([1]);
  await vi.advanceTimersByTimeAsync(250);
  await answer("early");
  dues.want([2]);
  await vi.advanceTimersByTimeAsync(250);
  await answer("early");
  desk.take({ kind: "deadlines.changed", person_id: 1, case_id: 7 } as FeedEvent);
  await vi.advanceTimersByTimeAsync(4000);
  expect(asked).toHaveLength(2);
  dues.want([1, 2]);
  await vi.advanceTimersByTimeAsync(250);
  expect(asked.at(-1)?.ids).toEqual([1]);
});
