// @vitest-environment happy-dom
// When hundreds of deadlines pass together, no stream of notices lies over the page: one is said, then how many more.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { message, row } from "./samples";

vi.stubGlobal("fetch", async () => new Response("{}", { headers: { "Content-Type": "application/json" } }));
const { desk } = await import("./desk.svelte");
const { pagePlace } = await import("./place.svelte");
const { rows } = await import("./rows.svelte");
const { session } = await import("./session.svelte");
const { toasts } = await import("./toasts.svelte");

let position = 0;
function tell(personId: number, event = "deadline_near", told = [1]): void {
  const made = message(100 + position, { person_id: personId, direction: "event", author: { kind: "system", id: null, name: "" }, event: { event, target: "first_reply", due_at: "2026-03-04T10:00:00Z", told } });
  desk.take({ type: "event", position: (position += 1), person_id: personId, kind: "message.created", message: made, row: row({ person_id: personId, display_name: `P${personId}` }) } as FeedEvent);
}
const said = (): string[] => toasts.all.map((one) => one.text);

beforeEach(() => {
  vi.useFakeTimers();
  session.me = { agent: { id: 1, settings: {} }, permissions: [] } as unknown as Me;
});
afterEach(() => {
  desk.end();
  vi.useRealTimers();
});

test("the first is said at once, and what comes within its minute together, with the way to all", () => {
  tell(1);
  expect(said()).toEqual([expect.stringMatching(/^P1: first answer, due /)]);
  tell(2);
  vi.advanceTimersByTime(20_000);
  for (let id = 3; id <= 300; id += 1) tell(id);
  expect(said()).toEqual([]);
  vi.advanceTimersByTime(40_000);
  expect(said()).toEqual(["Soon due: 299 deadlines"]);
  const go = vi.spyOn(pagePlace, "go").mockImplementation(() => undefined);
  toasts.all[0]?.action?.run();
  expect(go).toHaveBeenCalledWith("/inbox/open~sla%3Adue");
});

test("that one of them has passed is said, and leads to those", () => {
  tell(1);
  tell(2);
  tell(3, "deadline_passed");
  tell(4, "deadline_near", [2]);
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual(["Due or soon due: 2 deadlines"]);
  const go = vi.spyOn(pagePlace, "go").mockImplementation(() => undefined);
  toasts.all[0]?.action?.run();
  expect(go).toHaveBeenCalledWith("/inbox/open~sla%3Alate");
});

test("one alone within the minute is said as itself; after a quiet minute the next is said at once", () => {
  tell(1);
  vi.advanceTimersByTime(1000);
  tell(2);
  vi.advanceTimersByTime(59_000);
  expect(said()).toEqual([expect.stringMatching(/^P2: /)]);
  vi.advanceTimersByTime(120_000);
  tell(3);
  expect(said()).toEqual([expect.stringMatching(/^P3: /)]);
});

test("who signs in next is told of none of them", () => {
  tell(1);
  tell(2);
  desk.end();
  vi.advanceTimersByTime(120_000);
  expect([said(), rows.find(1)]).toEqual([[], undefined]);
});

test("whom this agent may see no more is named by none that waits; the others are said all the same", () => {
  tell(1);
  tell(2);
  tell(3);
  desk.take({ type: "event", position: (position += 1), person_id: 2, kind: "access.changed", row: null } as unknown as FeedEvent);
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual([expect.stringMatching(/^P3: /)]);
});
