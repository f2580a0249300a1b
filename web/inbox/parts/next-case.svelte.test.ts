// @vitest-environment happy-dom
// Another case comes into a head that stays, or none: what was begun for the first is done to it, and to no other.
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import { conversation, oneCase, person } from "../store/samples";

const asked: { path: string; body: unknown }[] = [];
let waits: (() => void)[] = [];
let isSlow = false;
let isRefused = false;
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  if (isRefused) return new Response(JSON.stringify({ code: "fields_missing" }), { status: 409 });
  const body: unknown = await request.json().catch(() => null);
  if (request.method === "POST") asked.push({ path, body });
  if (isSlow) await new Promise<void>((resolve) => waits.push(resolve));
  const id = Number(/\d+/.exec(path)?.[0]);
  const answer = path.startsWith("/cases/") ? oneCase(id, { person_id: id, state: "solved" }) : path === "/labels" ? { id: 5, name: "Fee", tint: "red" } : {};
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { commands } = await import("../store/commands.svelte");
const { session } = await import("../store/session.svelte");
const { toThread } = await import("../store/thread");
const { threads } = await import("../store/threads.svelte");
const { toasts } = await import("../store/toasts.svelte");
const { default: ConversationHead } = await import("./ConversationHead.svelte");
// What the head fetches when it is asked for: compiled before a test begins, and not within its time.
await Promise.all([import("./WhenDialog.svelte"), import("./CasePick.svelte")]);

const NOTHING = { messages: [], has_before: false, has_after: false, chapters: [] } as unknown as Parameters<typeof toThread>[1];
function comesIn(id: number): void {
  const said = conversation({ person: person({ id, member_ids: [id] }), cases: [oneCase(id, { person_id: id, label_ids: [10 * id] })] });
  threads.open.set(id, toThread(said, NOTHING));
}
let head: Record<string, unknown> | undefined;
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await tick();
  flushSync();
}
const leave = async (): Promise<void> => {
  if (head) await unmount(head);
  head = undefined;
};
/** The head stands over the first conversation; the returned function goes to the second. */
function show(): () => Promise<void> {
  let id = $state(1);
  const props = {
    get thread() {
      return threads.find(id)!;
    },
    view: "open" as const, panelIsOpen: false, onpanel: () => undefined,
  };
  head = mount(ConversationHead, { target: document.body, props });
  flushSync();
  return () => ((id = 2), settle());
}
const button = (words: string): HTMLElement =>
  [...document.querySelectorAll<HTMLElement>("button, [role=option]")].find((one) => (one.getAttribute("aria-label") ?? one.textContent.trim()).startsWith(words))!;
Element.prototype.scrollIntoView = () => undefined;
const isOpen = (inside: string): Promise<void> => vi.waitFor(() => expect(dialog()?.querySelector(inside)).toBeTruthy(), 5000);
const dialog = (): HTMLElement | null => document.querySelector("[role=dialog]:not([data-state=closed])");

beforeEach(() => {
  session.me = { agent: { id: 1, name: "Cy", settings: {} }, permissions: ["cases.change", "conversations.write"] } as unknown as Me;
  for (const id of [1, 2]) comesIn(id);
});
afterEach(async () => {
  await leave();
  threads.clear();
  toasts.all = [];
  asked.length = 0;
  [waits, isSlow, isRefused] = [[], false, false];
  document.body.replaceChildren();
});

test("a solved case is opened again, whichever case is shown by then", async () => {
  const go = show();
  button("Solve").click();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  await go();
  asked.length = 0;
  toasts.all[0]!.action!.run();
  await settle();
  expect(asked).toEqual([{ path: "/cases/1", body: { state: "open" } }]);
});

test("a case that was put aside is brought back, whichever case was shown since", async () => {
  const go = show();
  commands.find("snooze")!();
  await isOpen("form");
  [...dialog()!.querySelectorAll("button")].find((one) => one.textContent.includes("Until they write"))!.click();
  await settle();
  dialog()!.querySelector("form")!.requestSubmit();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  await go();
  await leave();
  asked.length = 0;
  toasts.all[0]!.action!.run();
  await settle();
  expect(asked).toEqual([{ path: "/cases/1", body: { state: "open" } }]);
});

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();
/** The first conversation's case sleeps until tomorrow. */
function sleeps(until: string | null): void {
  threads.change(1, (thread) => ({ ...thread, cases: [oneCase(1, { person_id: 1, state: "snoozed", snoozed_until: until })] }));
}

test("a case that slept until a day sleeps until that day again, whatever is taken back", async () => {
  sleeps(TOMORROW);
  show();
  button("Solve").click();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  asked.length = 0;
  toasts.all[0]!.action!.run();
  await settle();
  expect(asked).toEqual([{ path: "/cases/1", body: { state: "snoozed", snoozed_until: TOMORROW } }]);

  sleeps(TOMORROW);
  await settle();
  commands.find("snooze")!();
  await isOpen("form");
  [...dialog()!.querySelectorAll("button")].find((one) => one.textContent.includes("Until they write"))!.click();
  await settle();
  dialog()!.querySelector("form")!.requestSubmit();
  await vi.waitFor(() => expect(toasts.all.some((one) => one.action)).toBe(true));
  asked.length = 0;
  toasts.all.find((one) => one.action)!.action!.run();
  await settle();
  expect(asked).toEqual([{ path: "/cases/1", body: { state: "snoozed", snoozed_until: TOMORROW } }]);

  sleeps(TOMORROW);
  await settle();
  const { markSpam } = await import("../store/spam");
  await markSpam(person({ id: 1 }), threads.find(1)!.cases[0]!);
  asked.length = 0;
  toasts.all.find((one) => one.action)!.action!.run();
  await settle();
  expect(asked.filter(({ path }) => path === "/cases/1")).toEqual([{ path: "/cases/1", body: { state: "snoozed", snoozed_until: TOMORROW } }]);
});

test("a case whose time to wake has come meanwhile is open when it is taken back", async () => {
  sleeps(new Date(Date.now() - 1000).toISOString());
  show();
  button("Solve").click();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  asked.length = 0;
  toasts.all[0]!.action!.run();
  await settle();
  expect(asked).toEqual([{ path: "/cases/1", body: { state: "open" } }]);
});

test("who goes on to another conversation reads whose case it was that was taken back", async () => {
  const { pagePlace } = await import("../store/place.svelte");
  show();
  button("Solve").click();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  expect(toasts.all[0]!.text).toBe("Case solved: Ana");
  pagePlace.go("/inbox/open/2");
  commands.find("undo")!();
  await settle();
  expect(toasts.all.map((one) => one.text)).toEqual(["As it was before: Ana"]);

  toasts.all = [];
  pagePlace.go("/inbox/open/1");
  comesIn(1);
  await settle();
  button("Solve").click();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  commands.find("undo")!();
  await settle();
  expect(toasts.all).toEqual([]);
});

test("what asks about one case is not there for another, nor done to it by the key that was on its way", async () => {
  const go = show();
  commands.find("snooze")!();
  await isOpen("form");
  [...dialog()!.querySelectorAll("button")].find((one) => one.textContent.includes("Until they write"))!.click();
  await settle();
  const begun = dialog()!.querySelector("form")!;
  const gone = go();
  begun.requestSubmit();
  await gone;
  expect([dialog(), asked]).toEqual([null, []]);
});

test("the labels that are chosen for one case are not offered for another", async () => {
  const go = show();
  commands.find("label")!();
  await isOpen("[role=option], [role=listbox]");
  await go();
  expect(dialog()).toBeNull();
});

test("solve and next solves the one that is open and goes on, and from the last one back to the list", async () => {
  const { pagePlace } = await import("../store/place.svelte");
  history.replaceState(null, "", "/inbox/open/1");
  pagePlace.go("/inbox/open/1");
  const goOn = show();
  const back = vi.fn();
  let next = (): void => (pagePlace.go("/inbox/open/2"), void goOn());
  const giveUp = commands.lend({ next: () => next(), back });
  commands.run("solveNext");
  await settle();
  expect(asked).toEqual([{ path: "/cases/1", body: { state: "solved" } }]);
  expect(back).not.toHaveBeenCalled();
  next = () => undefined;
  commands.run("solveNext");
  await settle();
  expect(asked.slice(1)).toEqual([{ path: "/cases/2", body: { state: "solved" } }]);
  expect(back).toHaveBeenCalledOnce();
  giveUp();
});

test.each([["another one that is still to come", "/inbox/open/3"], ["the list", "/inbox/open"], ["elsewhere", "/settings/keys"]])(
  "what is refused is told with its name and the way back, where one has gone on to %s",
  async (_, place) => {
    const { pagePlace } = await import("../store/place.svelte");
    history.replaceState(null, "", "/inbox/open/1");
    pagePlace.go("/inbox/open/1");
    show();
    isRefused = true;
    button("Solve").click();
    pagePlace.go(place);
    await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
    expect([toasts.all[0]!.text.startsWith("Ana: "), toasts.all[0]!.action?.label]).toEqual([true, "View"]);
    toasts.all[0]!.action!.run();
    expect(pagePlace.route).toMatchObject({ screen: "inbox", personId: 1 });
  },
);
