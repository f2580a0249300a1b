// @vitest-environment happy-dom
// A danger stands on the page until it is pressed, or somebody has come; each is read out once.
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me, WaitingDanger } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { message, row } from "../store/samples";

let running: WaitingDanger[] = [];
let asked = 0;
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.url.endsWith("/awaiting")) asked += 1;
  return new Response(JSON.stringify({ approvals: [], handovers: [], exchanges: [], dangers: running, views: [], saved: [], labels: [] }), { headers: { "Content-Type": "application/json" } });
});
const { awaiting } = await import("../store/awaiting.svelte");
const { desk } = await import("../store/desk.svelte");
const { session } = await import("../store/session.svelte");
const { toasts } = await import("../store/toasts.svelte");
const Banners = (await import("./Banners.svelte")).default;

const of = (id: number, name: string, changes: Partial<WaitingDanger> = {}): WaitingDanger =>
  ({ message_id: id, conversation_id: id, case_id: id, name, danger: "duress", at: "2026-03-04T10:00:00Z", escalated_at: null, ...changes });
const take = (changes: Parameters<typeof message>[1], personId = 1): void =>
  desk.take({ type: "event", position: 1, person_id: personId, kind: "message.created", message: message(5, { person_id: personId, ...changes }), row: row({ person_id: personId }) } as FeedEvent);
const tell = (event: string, told = [1]): void => take({ direction: "event", author: { kind: "system", id: null, name: "" }, event: { event, danger: "duress", told } });
const line = (): string | undefined => document.querySelector("section span")?.textContent.trim();
const said = (): string | undefined => document.querySelector("[aria-live=assertive]")?.textContent;
const press = async (at: number): Promise<void> => {
  await after(600);
  button(at)?.click();
  await tick();
};
const button = (at: number): HTMLElement | undefined => document.querySelectorAll<HTMLElement>("section button")[at];
const after = async (milliseconds: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(milliseconds);
  flushSync();
};
let shown: Record<string, unknown>;

beforeEach(async () => {
  vi.useFakeTimers();
  session.me = { agent: { id: 1, settings: {} }, permissions: [] } as unknown as Me;
  running = [];
  await awaiting.load();
  document.body.replaceChildren(Object.assign(document.createElement("main"), { id: "main", tabIndex: -1 }));
  shown = mount(Banners, { target: document.body });
  await after(0);
});
afterEach(async () => {
  await unmount(shown);
  desk.end();
  vi.useRealTimers();
});

test("it stands until it is pressed, and no toast says it", async () => {
  running = [of(1, "Ana")];
  tell("danger_told");
  await after(0);
  expect([line(), said()]).toEqual(["Under duress: Ana", "Under duress: Ana may need help now"]);
  await after(600_000);
  expect([line(), toasts.all]).toEqual(["Under duress: Ana", []]);
  document.querySelector<HTMLElement>("section button:last-child")?.focus();
  await press(1);
  expect([line(), document.activeElement?.id]).toEqual([undefined, "main"]);
  await after(120_000);
  expect(line()).toBeUndefined();
});

test("several are one line, each pressed away by itself and read out once", async () => {
  running = [of(3, "Cy", { danger: "self_harm" }), of(2, "Bo"), of(1, "Ana")];
  tell("danger_told");
  await after(0);
  expect(document.querySelectorAll("section")).toHaveLength(1);
  expect(line()).toBe("Life at risk: Cy and 2 more dangers");
  const all = said();
  expect(all).toBe("Life at risk: Cy may need help now. Under duress: Bo may need help now. Under duress: Ana may need help now");
  await press(0);
  expect(location.pathname).toMatch(/\/3$/);
  expect([line(), said()]).toEqual(["Under duress: Bo and 1 more danger", all]);
});

test("a name of a page's length takes no page from who is to help", async () => {
  running = [of(1, "A".repeat(2000))];
  tell("danger_told");
  await after(0);
  expect(line()).toBe(`Under duress: ${"A".repeat(39)}…`);
});

test("nobody came: it is told once more to who put it away", async () => {
  running = [of(1, "Ana")];
  tell("danger_told");
  await after(0);
  await press(1);
  running = [of(1, "Ana", { escalated_at: "2026-03-04T10:05:00Z" })];
  tell("danger_escalated");
  await after(0);
  expect(line()).toBe("Under duress: Ana");
});

test("it goes once somebody came, and is asked for by nobody who was not told", async () => {
  const before = asked;
  tell("danger_told", [2]);
  take({ direction: "out", author: { kind: "agent", id: 2, name: "Bo" } });
  await after(5_000);
  expect(asked).toBe(before);
  running = [of(1, "Ana")];
  tell("danger_told");
  await after(0);
  running = [];
  take({ direction: "out", author: { kind: "agent", id: 2, name: "Bo" } });
  await after(2_000);
  expect([line(), said()]).toEqual([undefined, ""]);
});

test("what one may see no more goes, though nobody tells of it", async () => {
  running = [of(1, "Ana")];
  tell("danger_told");
  await after(0);
  expect(line()).toBe("Under duress: Ana");
  running = [];
  await after(65_000);
  expect(line()).toBeUndefined();
});

test("a press that was meant for the one before puts away none that nobody has read", async () => {
  running = [of(2, "Bo"), of(1, "Ana")];
  tell("danger_told");
  await after(600);
  button(0)?.click();
  await tick();
  button(0)?.click();
  await tick();
  expect(line()).toBe("Under duress: Ana");
  running = [of(3, "Cy", { danger: "self_harm" }), of(1, "Ana")];
  tell("danger_told");
  await after(100);
  button(1)?.click();
  await tick();
  expect(line()).toBe("Life at risk: Cy and 1 more danger");
  await press(1);
  expect(line()).toBe("Under duress: Ana");
});
