// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

vi.stubGlobal("fetch", ({ url }: Request) => {
  const path = new URL(url).pathname.replace("/api/v1", "");
  const isGone = path === "/desks/3/cases";
  const answer = isGone ? { code: "not_found", detail: "There is no such active agent." } : { lines: [], counted_most: 20, desks: [], cases: [], waiting: 4, waiting_most: 9, next: null };
  return Promise.resolve(new Response(JSON.stringify(answer), { status: isGone ? 404 : 200, headers: { "Content-Type": "application/json" } }));
});
const { board } = await import("./board.svelte");

test("an agent who has left, and whose cases somebody looked at, does not keep the board from moving on", async () => {
  board.held.set(2, []);
  board.held.set(3, []);
  await board.load();
  expect([board.waiting, [...board.held.keys()]]).toEqual([4, [2]]);
});

test("a line of which not all are counted says so", async () => {
  await board.load();
  expect([{ waiting: 22, offered: 2 }, { waiting: 21, offered: 2 }].map((one) => board.isCut(one))).toEqual([true, false]);
});
