import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { row } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example" });
/** What the last index was asked for with. */
let query = new URLSearchParams();
type Answers = (body: unknown, status?: number) => void;
/** Indexes that were asked for and have no answer yet. */
let asked: Answers[] = [];
const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
vi.stubGlobal("fetch", (request: Request) => {
  if (!request.url.includes("/index")) return Promise.resolve(json({ views: [], saved: [] }));
  query = new URL(request.url).searchParams;
  return new Promise<Response>((resolve) => asked.push((body, status) => resolve(json(body, status))));
});
const { views } = await import("./views.svelte");
const { rows } = await import("./rows.svelte");

const index = (...ids: number[]): { ids: number[]; position: number; next: null } => ({ ids, position: 1, next: null });

async function open(...ids: number[]): Promise<void> {
  const loading = views.load("open");
  await vi.advanceTimersByTimeAsync(0);
  asked.pop()?.(index(...ids));
  await loading;
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
});
afterEach(() => {
  views.hold(false);
  views.clear();
  rows.clear();
  views.sorts = {};
  vi.useRealTimers();
});

test("what happens while the index is on its way is in the list when it has come", async () => {
  await open(2, 1);
  const loading = views.load("open");
  await vi.advanceTimersByTimeAsync(0);
  views.take(row({ person_id: 9, last_message_id: 99 }));
  views.takeAway([1]);
  await vi.advanceTimersByTimeAsync(600);
  asked.pop()?.(index(2, 1));
  await loading;
  await vi.advanceTimersByTimeAsync(600);
  expect(views.shown).toEqual([9, 2]);
});

test("the rest of a long list comes after what can be seen of it, and who moved in between stands once", async () => {
  const loading = views.load("open");
  await vi.advanceTimersByTimeAsync(0);
  expect(query.get("limit")).toBe("200");
  asked.pop()?.({ ids: [9, 8], position: 5, next: 80 });
  expect(await loading).toBe(5);
  expect([views.shown, views.isWhole]).toEqual([[9, 8], false]);
  expect([query.get("before"), query.get("limit")]).toEqual(["80", null]);
  views.take(row({ person_id: 6, last_message_id: 99 }));
  await vi.advanceTimersByTimeAsync(600);
  asked.pop()?.(index(8, 7, 6));
  await vi.advanceTimersByTimeAsync(600);
  expect([views.shown, views.isWhole]).toEqual([[6, 9, 8, 7], true]);
});

test("a list whose rest does not come is asked for as a whole", async () => {
  const loading = views.load("open");
  await vi.advanceTimersByTimeAsync(0);
  asked.pop()?.({ ids: [9, 8], position: 5, next: 80 });
  await loading;
  await vi.advanceTimersByTimeAsync(0);
  asked.pop()?.({}, 503);
  await vi.advanceTimersByTimeAsync(0);
  expect([views.shown, views.isWhole]).toEqual([[9, 8], false]);
  await vi.advanceTimersByTimeAsync(3000);
  expect([query.get("before"), query.get("limit")]).toEqual([null, null]);
  asked.pop()?.(index(9, 8, 7));
  await vi.advanceTimersByTimeAsync(0);
  expect([views.shown, views.isWhole]).toEqual([[9, 8, 7], true]);
});

test("who stands behind the first part of a held list is not told as new when the whole of it comes after all", async () => {
  const loading = views.load("open");
  await vi.advanceTimersByTimeAsync(0);
  asked.pop()?.({ ids: [9, 8], position: 5, next: 80 });
  await loading;
  views.hold(true);
  const again = views.load("open");
  await vi.advanceTimersByTimeAsync(0);
  expect(views.isWhole).toBe(false);
  asked.pop()?.(index(9, 8, 7));
  await again;
  expect([views.shown, views.waiting, views.isWhole]).toEqual([[9, 8, 7], 0, true]);
});

test("what was heard is not lost with an index that failed, and the index is asked for again", async () => {
  await open(2, 1);
  views.take(row({ person_id: 9, last_message_id: 99 }));
  const loading = views.load("open");
  loading.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  asked.pop()?.({}, 503);
  await expect(loading).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(600);
  expect(views.shown).toEqual([9, 2, 1]);
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toHaveLength(1);
});

test("a held list stays as it is when the index is read again, and tells that there is more", async () => {
  await open(2, 1);
  views.hold(true);
  const loading = views.load("open");
  await vi.advanceTimersByTimeAsync(0);
  asked.pop()?.(index(3, 1, 2));
  await loading;
  expect([views.shown, views.waiting]).toEqual([[2, 1], 1]);
  views.hold(false);
  expect(views.shown).toEqual([3, 1, 2]);
});

test("another order is shown at once, held or not", async () => {
  await open(2, 1);
  views.hold(true);
  const loading = views.sort("oldest");
  await vi.advanceTimersByTimeAsync(0);
  asked.pop()?.(index(1, 2));
  await loading;
  expect(views.shown).toEqual([1, 2]);
});

test("where only the server knows the place, it is asked once for many changes", async () => {
  let count = 0;
  views.sorts = { open: "waiting" };
  await open(2, 1);
  await vi.advanceTimersByTimeAsync(5000);
  for (let at = 0; at < 8; at += 1) {
    views.take(row({ person_id: 2, last_message_id: 50 + at }));
    await vi.advanceTimersByTimeAsync(600);
    for (const answer of asked.splice(0)) {
      answer(index(1, 2));
      count += 1;
    }
  }
  expect(count).toBe(2);
});
