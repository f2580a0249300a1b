// @vitest-environment happy-dom
// What the list says where it has no rows, and where the keys go while its filter is on its way.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me, SavedView, ViewKey } from "../../shared/api-types";

vi.mock("./ViewDialog.svelte", () => ({ default: () => undefined }));
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const saved = { id: 1, name: "Refunds", query: "label:gone", icon: "filter", sort: "newest", scope: "private" } as unknown as SavedView;
let refusal: { code: string; at?: number; length?: number } | null = null;
vi.stubGlobal("fetch", (request: Request) => {
  if (request.url.includes("/index")) return Promise.resolve(refusal ? json({ ...refusal, detail: "It cannot be read." }, 400) : json({ ids: [], position: 1, next: null }));
  return Promise.resolve(json({ accounts: [], jobs: [], rows: [], views: [], saved: [saved], labels: [], agents: [], teams: [], topics: [], fields: [] }));
});
const { commands } = await import("../store/commands.svelte");
const { endHolds } = await import("../../shared/ui/held-keys");
const { pagePlace } = await import("../store/place.svelte");
const { session } = await import("../store/session.svelte");
const { views } = await import("../store/views.svelte");
const { default: List } = await import("./List.svelte");
// Made ready, and fetched anew by whoever needs it.
await import("./FilterBar.svelte");

let shown: Record<string, unknown> | undefined;
const said = (): string => (flushSync(), document.querySelector(".rows")!.textContent);
async function show(view: ViewKey): Promise<void> {
  await views.load(view).catch(() => undefined);
  shown = mount(List, { target: document.body, props: { view, selected: null } });
  flushSync();
}
beforeEach(() => void (session.me = { agent: { id: 1, settings: {} }, permissions: ["conversations.write"], position: 1 } as unknown as Me));
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = undefined;
  refusal = null;
  endHolds();
  views.clear();
  document.body.replaceChildren();
});

test.each(["query_too_broad", "query_no_such"])("a saved view that is refused is not said to be empty: %s", async (code) => {
  refusal = { code };
  await show("v1");
  expect(said()).toContain("The list could not be loaded");
  expect(said()).not.toContain("Nothing");
});

test("where the bar says what is wrong with a filter, the list says neither that nor that nothing is there", async () => {
  refusal = { code: "query_no_such", at: 0, length: 5 };
  await show("open~label:x");
  await vi.waitFor(() => expect(document.querySelector("search [role=alert]")?.textContent).toBe("It cannot be read."));
  expect(said().trim()).toBe("");
});

function press(key: string): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  (document.activeElement ?? document.body).dispatchEvent(event);
  return event.defaultPrevented;
}

test("letters behind the key of the filter wait for it, and act on nothing else", async () => {
  await show("open");
  const types = (document.execCommand = vi.fn());
  commands.find("filter")!();
  flushSync();
  expect(document.querySelector("search")).toBeNull();
  const acted = vi.fn();
  addEventListener("keydown", acted);
  expect(press("a")).toBe(true);
  expect(acted).not.toHaveBeenCalled();
  removeEventListener("keydown", acted);
  await vi.waitFor(() => expect(document.activeElement?.matches("search input")).toBe(true));
  await vi.waitFor(() => expect(types.mock.calls).toEqual([["insertText", false, "a"]]));
  expect(press("b")).toBe(false);
});

test("a filter that comes late takes the focus from nobody who writes elsewhere by then", async () => {
  await show("open");
  const answer = document.body.appendChild(document.createElement("textarea"));
  commands.find("filter")!();
  flushSync();
  answer.focus();
  await vi.waitFor(() => expect(document.querySelector("search input")).not.toBeNull());
  flushSync();
  expect(document.activeElement).toBe(answer);
});

test("what is wrong with the saved view itself is not said of the filter", async () => {
  refusal = { code: "query_no_such", at: 1, length: 10 };
  await show("v1~is:open");
  await vi.waitFor(() => expect(document.querySelector("search input")).not.toBeNull());
  expect(said()).toContain("The list could not be loaded");
  expect(document.querySelector("search [role=alert]")).toBeNull();
});

test("a filter that reaches out of its view is marked where it does, and nothing is asked for", async () => {
  await show("v1~x) OR (is:open");
  await vi.waitFor(() => expect(document.querySelector("search [role=alert]")?.textContent).toBe(") closes nothing"));
  expect([document.querySelector("search mark")?.previousSibling?.textContent, said().trim()]).toEqual(["x", ""]);
});

test("what is offered goes to what stands in the field, also before that was asked for", async () => {
  await show("open~late has:file");
  await vi.waitFor(() => expect(document.querySelector("search input")).not.toBeNull());
  const went = vi.spyOn(pagePlace, "go").mockReturnValue(undefined);
  const field = document.querySelector<HTMLInputElement>("search input")!;
  const press = (term: string): void => [...document.querySelectorAll<HTMLElement>("search [role=group] button")].find((one) => one.textContent.trim() === term)!.click();
  const type = (text: string): void => ((field.value = text), field.dispatchEvent(new Event("input", { bubbles: true })), flushSync());
  type("late has:file refund");
  press("is:unread");
  type("late refund");
  press("has:file");
  press("late");
  expect(went.mock.calls.map(([to]) => decodeURIComponent(to))).toEqual([
    "/inbox/open~late has:file refund is:unread", "/inbox/open~late refund", "/inbox/open~refund",
  ]);
  went.mockRestore();
});
