// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { row } from "./samples";

/** Each lets the server tell of no row. */
const answers: (() => void)[] = [];
vi.stubGlobal("fetch", () => new Promise((resolve) => answers.push(() => resolve(new Response(JSON.stringify({ rows: [] }), { headers: { "Content-Type": "application/json" } })))));
const { MOST, rows } = await import("./rows.svelte");

afterEach(() => (rows.want([]), rows.clear()));

/** The feed tells something of each of so many people. */
function storm(count: number): void {
  for (let id = 1; id <= count; id += 1) rows.put(row({ person_id: id }));
}

test("of a storm over all conversations no more rows are kept than a page can want", () => {
  storm(5 * MOST);
  expect(rows.known.size).toBeLessThanOrEqual(MOST);
  expect(rows.find(5 * MOST)).toBeDefined();
  expect(rows.find(1)).toBeUndefined();
});

test("what is in sight and what stands beside the list stays", () => {
  storm(3);
  rows.want([2]);
  const letGo = rows.hold(() => [3]);
  storm(3 * MOST);
  expect([1, 2, 3].map((id) => rows.find(id)?.person_id)).toEqual([undefined, 2, 3]);
  letGo();
  storm(3 * MOST);
  expect(rows.find(3)).toBeUndefined();
});

test("those that were kept longest go first", () => {
  storm(MOST + 1);
  expect(rows.find(2)).toBeUndefined();
  expect(rows.find(MOST)).toBeDefined();
});

test("a row in sight of which nothing is told when all is asked for anew goes, and one that the feed brought meanwhile stays", async () => {
  storm(3);
  rows.want([1, 2]);
  rows.renew();
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  rows.put(row({ person_id: 2 }));
  answers.shift()?.();
  await vi.waitFor(() => expect([...rows.known.keys()]).toEqual([2]));
});
