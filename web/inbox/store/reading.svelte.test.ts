// @vitest-environment happy-dom
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { row } from "./samples";

let visibility = "visible";
Object.defineProperty(document, "visibilityState", { get: () => visibility });
let status = 200;
let during: () => void = () => undefined;
const asked: unknown[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  asked.push(await request.json());
  during();
  return new Response(status === 200 ? "{}" : '{"code":"away","detail":""}', { status, headers: { "Content-Type": "application/json" } });
});
const { rows } = await import("./rows.svelte");
const { readWhatIsSeen } = await import("./reading.svelte");
let stop: () => void;
let tells = false;

function look(seen: string): void {
  visibility = seen;
  document.dispatchEvent(new Event("visibilitychange"));
  flushSync();
}

beforeEach(() => {
  vi.useFakeTimers();
  rows.put(row({ unread: true, unread_count: 2 }));
  stop = $effect.root(() => readWhatIsSeen(() => ({ row: rows.find(1), lastId: 5, isAtEnd: true, tells })));
});
afterEach(() => {
  stop();
  look("visible");
  vi.useRealTimers();
  rows.clear();
  status = 200;
  during = () => undefined;
  asked.length = 0;
});

test("what came while the tab was hidden is read when it is looked at again", async () => {
  look("hidden");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toEqual([]);
  look("visible");
  await vi.advanceTimersByTimeAsync(700);
  expect(asked).toEqual([{ message_id: 5 }]);
  expect(rows.find(1)?.unread).toBe(false);
});

test("a refused mark brings the dot back, and is tried again after a longer while", async () => {
  status = 503;
  flushSync();
  await vi.advanceTimersByTimeAsync(700);
  expect(rows.find(1)).toMatchObject({ unread: true, unread_count: 2 });
  await vi.advanceTimersByTimeAsync(700);
  expect(asked).toHaveLength(1);
  status = 200;
  await vi.advanceTimersByTimeAsync(700);
  expect(asked).toHaveLength(2);
  expect(rows.find(1)?.unread).toBe(false);
});

test("what the feed said while the mark was refused stays", async () => {
  status = 503;
  during = () => rows.put(row({ unread: true, unread_count: 3 }));
  flushSync();
  await vi.advanceTimersByTimeAsync(700);
  expect(rows.find(1)?.unread_count).toBe(3);
});

test("what was marked as read with many others is told once it is opened where somebody is told", async () => {
  stop();
  rows.put(row({ unread: false }));
  for (const [told, posts] of [[false, 0], [true, 1]] as const) {
    tells = told;
    stop = $effect.root(() => readWhatIsSeen(() => ({ row: rows.find(1), lastId: 5, isAtEnd: true, tells })));
    flushSync();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveLength(posts);
    stop();
  }
  tells = false;
});

test("what is marked unread as soon as it is opened stays so, also where somebody is told", async () => {
  stop();
  tells = true;
  rows.put(row({ unread: false }));
  stop = $effect.root(() => readWhatIsSeen(() => ({ row: rows.find(1), lastId: 5, isAtEnd: true, tells })));
  flushSync();
  rows.change(1, { unread: true, unread_count: 1 });
  flushSync();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toEqual([]);
  tells = false;
});
