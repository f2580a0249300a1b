// @vitest-environment happy-dom
// What is read while the list has not come: the feed tells what happened since.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { conversation, delivery, message, reach } from "./samples";

/** What the server has numbered, and the sockets that were opened to hear it. */
let facts: FeedEvent[] = [];
const after: number[] = [];
const wires: Wire[] = [];
class Wire {
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(url: URL) {
    const from = Number(url.searchParams.get("after"));
    after.push(from);
    wires.push(this);
    const frames = [{ type: "hello", position: from, agent_id: 1 }, ...facts.filter((one) => one.position > from)];
    queueMicrotask(() => frames.forEach((one) => this.onmessage?.({ data: JSON.stringify(one) })));
  }
  send(): void {}
  close(): void {}
}
vi.stubGlobal("WebSocket", Wire);
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const held = delivery(9, 5, { state: "held", due_at: "2026-05-20T10:00:10Z" });
const notAsked = (): void => {
  throw new Error("the index was not asked for");
};
let tellIndex: (position: number) => void = notAsked;
/** What the server answers to each of these filters. */
let refusals: Record<string, number> = {};
let viewsStatus = 200;
/** Nothing is seen of who wrote any more. */
let isHidden = false;
let owing: { conversation_id: number }[] = [];
/** What the server says that this agent may do by now. */
let permissions: string[] = [];
vi.stubGlobal("fetch", (request: Request) => {
  const { pathname, searchParams } = new URL(request.url);
  const refusal = refusals[searchParams.get("q") ?? ""];
  if (pathname.endsWith("/index") && refusal) return Promise.resolve(json({ code: "query_unknown_value" }, refusal));
  if (pathname.endsWith("/views") && viewsStatus !== 200) return Promise.resolve(json({ code: "away" }, viewsStatus));
  if (pathname.endsWith("/index")) return new Promise((resolve) => (tellIndex = (position) => resolve(json({ ids: [1], position, next: null }))));
  if (pathname.endsWith("/messages")) {
    return Promise.resolve(json({ messages: [message(5, { direction: "out", deliveries: [held] })], has_before: false, has_after: false }));
  }
  if (pathname.endsWith("/me")) return Promise.resolve(json({ ...session.me, permissions }));
  if (pathname.endsWith("/deadlines/next")) return Promise.resolve(json({ dues: owing }));
  if (pathname.endsWith("/conversations/1")) return Promise.resolve(isHidden ? json({ code: "not_found" }, 404) : json(conversation({ position: 3 })));
  return Promise.resolve(json({ accounts: [], jobs: [], rows: [], views: [], saved: [], labels: [] }));
});
const { desk } = await import("./desk.svelte");
const { session } = await import("./session.svelte");
const { threads } = await import("./threads.svelte");
const { views } = await import("./views.svelte");

beforeEach(() => void (session.me = { agent: { id: 1 }, permissions: [], position: 3 } as unknown as Me));
afterEach(() => {
  desk.end();
  facts = [];
  after.length = wires.length = 0;
  owing = permissions = [];
  tellIndex = notAsked;
  refusals = {};
  viewsStatus = 200;
  isHidden = false;
  vi.useRealTimers();
});

test("a list that is refused, as by a wrong filter in the address, does not keep the desk from starting", async () => {
  refusals = { "is:foo": 400 };
  await desk.begin("open~is:foo");
  await vi.waitFor(() => expect(after).toEqual([3]));
  expect(views.failure).toMatchObject({ code: "query_unknown_value" });
});

test("a list that does not come is tried again, and not put under the view that was gone to meanwhile", async () => {
  vi.useFakeTimers();
  refusals = { late: 503 };
  void desk.begin("open~late");
  await vi.advanceTimersByTimeAsync(100);
  void views.load("mine");
  await vi.advanceTimersByTimeAsync(100);
  tellIndex(3);
  await vi.advanceTimersByTimeAsync(2000);
  tellIndex(3);
  await vi.advanceTimersByTimeAsync(100);
  expect([views.current, views.shown, after]).toEqual(["mine", [1], [3]]);
});

test("that the saved views have not come is no reason to think one of them gone", async () => {
  viewsStatus = 503;
  await views.load("v7").catch(() => undefined);
  expect(views.failure).toMatchObject({ status: 503 });
  viewsStatus = 200;
  await views.load("v7").catch(() => undefined);
  expect(views.failure).toMatchObject({ status: 404 });
});

test("an answer that went out after its conversation was read, and before the list was, is not shown as waiting", async () => {
  const beginning = desk.begin("open");
  await threads.reload(1);
  facts = [{ type: "event", position: 4, person_id: 1, kind: "delivery.changed", delivery: { ...held, state: "sent" } } as unknown as FeedEvent];
  await vi.waitFor(() => tellIndex(4));
  await beginning;
  await vi.waitFor(() => expect(after).toHaveLength(1));
  await vi.waitFor(() => expect(threads.find(1)?.messages[0]?.deliveries[0]?.state).toBe("sent"));
});

test("an index that the browser kept from an earlier visit, still true, does not bring back what was told since", async () => {
  const beginning = desk.begin("open");
  await vi.waitFor(() => tellIndex(1));
  await beginning;
  await vi.waitFor(() => expect(after).toEqual([3]));
});

test("what one agent chose, and can undo, is not the next one's in the same tab; who comes back has their choices", async () => {
  const { commands } = await import("./commands.svelte");
  const { crossings } = await import("./crossings.svelte");
  const { holds } = await import("./holds.svelte");
  const { privacy } = await import("./privacy.svelte");
  const { toasts } = await import("./toasts.svelte");
  const [chosen, last] = [reach(1), reach(2)];
  const comes = async (id: number): Promise<void> => {
    session.me = { agent: { id }, permissions: [], position: 3 } as unknown as Me;
    const beginning = desk.begin("open");
    await vi.waitFor(() => tellIndex(1));
    await beginning;
    tellIndex = notAsked;
  };
  const choices = (): unknown => [privacy.of(7).inPrivate, crossings.knows(7, chosen, last)];
  await comes(1);
  privacy.choose(7, { inPrivate: true });
  crossings.confirm(7, chosen.place_id, last);
  toasts.show("Merged", { label: "Undo", run: () => undefined, undoes: true });
  holds.offer(7, message(5, { deliveries: [{ ...held, due_at: new Date(Date.now() + 9000).toISOString() }] }));
  holds.amended = { personId: 7, message: message(5), how: "edit", mayDelete: false };
  expect(choices()).toEqual([true, true]);
  desk.end();
  expect([commands.find("undo"), toasts.all, holds.amended]).toEqual([undefined, [], null]);
  await comes(1);
  expect(choices()).toEqual([true, true]);
  desk.end();
  await comes(2);
  expect(choices()).toEqual([false, false]);
});

test("once an agent may see other things than before, what is due in those that are hidden now is not shown any more", async () => {
  const { dues } = await import("./dues.svelte");
  owing = [{ conversation_id: 1 }, { conversation_id: 2 }];
  const beginning = desk.begin("open");
  await vi.waitFor(() => tellIndex(3));
  await beginning;
  dues.want([1, 2]);
  await vi.waitFor(() => expect(dues.known.size).toBe(2));
  owing = [{ conversation_id: 1 }];
  wires.at(-1)?.onclose?.({ code: 4401 });
  await vi.waitFor(() => expect([...dues.known.keys()]).toEqual([1]), { timeout: 3000 });
  expect(after).toEqual([3, 3]);
});

test("and what they may do is asked anew, so that what they may do no more goes from the page", async () => {
  session.me = { ...session.me, permissions: ["cases.change", "webhooks.change"] } as unknown as Me;
  permissions = ["cases.change"];
  const beginning = desk.begin("open");
  await vi.waitFor(() => tellIndex(3));
  await beginning;
  expect(session.can("webhooks.change")).toBe(true);
  wires.at(-1)?.onclose?.({ code: 4401 });
  await vi.waitFor(() => expect(session.can("webhooks.change")).toBe(false), { timeout: 3000 });
  expect(session.can("cases.change")).toBe(true);
});

test("who may be one person, as one agent may see it, is not shown to who signs in next", async () => {
  const { joins } = await import("./joins.svelte");
  joins.suggestions = [{ id: 4 }] as typeof joins.suggestions;
  joins.isLoaded = true;
  desk.end();
  expect([joins.suggestions, joins.isLoaded]).toEqual([[], false]);
});

test("whose only case becomes restricted is gone from the page of an agent who does not see it, and from the list", async () => {
  const { rows } = await import("./rows.svelte");
  const beginning = desk.begin("open");
  await threads.reload(1);
  await vi.waitFor(() => tellIndex(3));
  await beginning;
  desk.openPerson = 1;
  expect([views.shown, rows.find(1)?.person_id, threads.find(1)?.person.id]).toEqual([[1], 1, 1]);
  isHidden = true;
  desk.take({ type: "event", position: 4, person_id: 1, kind: "access.changed" });
  expect(rows.find(1)).toBeUndefined();
  await vi.waitFor(() => expect([views.shown, threads.find(1)]).toEqual([[], undefined]));
  desk.openPerson = null;
});
