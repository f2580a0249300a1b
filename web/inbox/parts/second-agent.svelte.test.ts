// @vitest-environment happy-dom
// The second way out of the dialogs that merge is about whom they were opened for, as the first is.
import { flushSync, mount, tick, unmount, type Component } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Me, Suggestion } from "../../shared/api-types";
import { AT, conversation, person } from "../store/samples";

const asked: { path: string; body: unknown }[] = [];
const waits: ((answer: Response) => void)[] = [];
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const refused = (code: string): Response => json({ code, detail: "Not this." }, 409);
vi.stubGlobal("fetch", async (request: Request) => {
  const { pathname } = new URL(request.url);
  const path = pathname.replace("/api/v1", "");
  if (request.method === "POST") asked.push({ path, body: await request.json() });
  if (path === "/proposals" || path.endsWith("/reject")) return new Promise((resolve) => waits.push(resolve));
  if (request.method === "POST") return refused("second_agent_needed");
  if (path === "/persons") return json({ persons: [{ id: 9, display_name: "Ann", identities: [], snippet: "", channels: [] }] });
  return json(path.startsWith("/conversations") ? conversation() : person({ id: Number(/\d+/.exec(path)?.[0]) }));
});
const { session } = await import("../store/session.svelte");
const { toasts } = await import("../store/toasts.svelte");
const { default: MergeDialog } = await import("./MergeDialog.svelte");
const { default: SuggestionDialog } = await import("./SuggestionDialog.svelte");

const suggestion = (id: number, of: number): Suggestion => ({
  id, left: { id: of, name: "One" }, right: { id: 9, name: "Ann" }, score: 30, grounds: [], against: [], state: "open", found_at: AT,
  decided_at: null, decided_by: null, decision_reason: "", merge_id: null,
});
const named = (id: number): Record<string, unknown> => ({ person: person({ id, display_name: id === 1 ? "Ana" : "Bo" }), one: suggestion(id, id), into: id });

let shown: Record<string, unknown> | undefined;
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await tick();
  flushSync();
}
const form = (): HTMLFormElement | null => document.querySelector("[role=dialog]:not([data-state=closed]) form");
const button = (words: string): HTMLButtonElement =>
  [...document.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent.trim()).startsWith(words))!;
async function type(words: string): Promise<void> {
  const field = form()!.querySelector<HTMLInputElement>("input")!;
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}
/** The dialog about the first person; the returned functions let another come, with it shut, and open it for them. */
async function open(part: unknown): Promise<{ go: () => void; again: () => Promise<void> }> {
  const props = $state({ open: true, ...named(1) });
  shown = mount(part as Component<typeof props>, { target: document.body, props });
  await settle();
  return { go: () => void Object.assign(props, named(2), { open: false }), again: () => ((props.open = true), settle()) };
}
/** As far as that a second agent has to agree. */
async function untilSecond(part: unknown): Promise<Awaited<ReturnType<typeof open>>> {
  const found = await open(part);
  if (part === MergeDialog) {
    await type("Ann");
    await vi.waitFor(() => expect(button("Ann") ?? form()!.querySelector("button.hit")).toBeTruthy());
    form()!.querySelector<HTMLElement>("button.hit")!.click();
    await settle();
  }
  await type("the same");
  form()!.requestSubmit();
  await vi.waitFor(() => expect(button("Ask a second agent")).toBeTruthy());
  [asked.length, waits.length] = [0, 0];
  return found;
}

beforeEach(() => {
  session.me = { agent: { id: 1, name: "Cy", settings: {} }, permissions: ["persons.merge"] } as unknown as Me;
});
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = undefined;
  toasts.all = [];
  asked.length = waits.length = 0;
  document.body.replaceChildren();
});

describe.each([{ name: "MergeDialog", part: MergeDialog }, { name: "SuggestionDialog", part: SuggestionDialog }])("$name", ({ part }) => {
  test("a press that was on its way when another came asks nothing about them", async () => {
    const { go } = await untilSecond(part);
    const begun = button("Ask a second agent");
    go();
    begun.click();
    await settle();
    expect([asked, form()]).toEqual([[], null]);
  });

  test("an answer that comes late is told, and leaves what was opened for another as it is", async () => {
    const { go, again } = await untilSecond(part);
    button("Ask a second agent").click();
    await settle();
    expect(asked).toEqual([{ path: "/proposals", body: { loser_id: 9, winner_id: 1, reason: "the same" } }]);
    go();
    await settle();
    await again();
    waits[0]!(refused("refused"));
    await settle();
    expect([form()?.textContent.includes("Not this."), toasts.all.map((one) => one.text)]).toEqual([false, ["Not this."]]);
    expect(form()!.querySelector("[aria-busy=true]")).toBeNull();
  });

  test("that one was asked for shuts no other dialog", async () => {
    const { go, again } = await untilSecond(part);
    button("Ask a second agent").click();
    await settle();
    go();
    await settle();
    await again();
    waits[0]!(json({ id: 5, agent: { id: 1, name: "Cy" }, state: "open" }));
    await settle();
    expect([form() !== null, toasts.all.length]).toEqual([true, 1]);
  });
});

test("a no that comes late shuts no other suggestion", async () => {
  const { go, again } = await open(SuggestionDialog);
  button("Not the same").click();
  await settle();
  expect(waits).toHaveLength(1);
  go();
  await settle();
  await again();
  waits[0]!(json({}));
  await settle();
  expect(form()).not.toBeNull();
});
