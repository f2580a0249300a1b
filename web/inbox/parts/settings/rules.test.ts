// @vitest-environment happy-dom
import { mount, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Me } from "../../../shared/api-types";

let all = [1, 2, 3].map((id) => rule(id));
const MACRO = { id: 9, name: "Bonus", reach: "shared", actions: [], may_change: true };
const GONE = { type: "about:blank", title: "", status: 400, code: "macro_names_gone", detail: "What it names is gone: “Bo”.", names: "“Bo”", left: 1 };
const restored: string[] = [];
let macros: object[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.url.includes("/macros/9/restore")) {
    restored.push(new URL(request.url).search);
    if (restored.length === 1) return new Response(JSON.stringify(GONE), { status: 400, headers: { "Content-Type": "application/json" } });
    macros = [MACRO];
  } else if (request.method === "DELETE" && request.url.includes("/macros/")) macros = [];
  if (request.url.endsWith("/rules/order")) {
    const { ids } = (await request.json()) as { ids: number[] };
    all = ids.map((id) => rule(id));
  }
  if (request.method === "DELETE" && request.url.includes("/rules/")) all = all.filter((one) => !request.url.endsWith(`/${one.id}`));
  return new Response(request.method === "DELETE" ? null : JSON.stringify({ rules: all, agents: [], teams: [], snippets: [], macros, whens: [], fields: [], actions: [] }), {
    status: request.method === "DELETE" ? 204 : 200, headers: { "Content-Type": "application/json" },
  });
});
const { default: Rules } = await import("./Rules.svelte");
const { commands } = await import("../../store/commands.svelte");
const { session } = await import("../../store/session.svelte");
const { toasts } = await import("../../store/toasts.svelte");
session.me = { permissions: ["cases.change", "rules.change"] } as unknown as Me;

function rule(id: number): Record<string, unknown> & { id: number } {
  return { id, name: `Rule ${id}`, is_on: true, definition: { when: { kind: "daily" }, then: [] }, version: 1, saved_by: "Ana", stopped_at: null, runs: 0, other_runs: 0 };
}

let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});

/** Until the focus is where it belongs then. */
async function press(label: string, next: string): Promise<void> {
  const button = document.querySelector<HTMLElement>(`[aria-label="${label}"]`);
  button?.focus();
  button?.click();
  await vi.waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe(next), 5000);
}

test("a rule that was moved keeps the focus and is told where it stands; behind one that is gone it is on its neighbour", async () => {
  shown = mount(Rules as unknown as Component, { target: document.body });
  await vi.waitFor(() => expect(document.querySelectorAll("li")).toHaveLength(3), 5000);
  await press("Move Rule 2 up", "Move Rule 2 down");
  expect(document.querySelector("p[role=status]")?.textContent).toBe("Rule 2 is now 1 of 3");
  await press("Remove Rule 3", "Remove Rule 1");
});

test("a macro of which something is gone comes back without that, once somebody says so", async () => {
  macros = [MACRO];
  shown = mount(Rules as unknown as Component, { target: document.body });
  await vi.waitFor(() => expect(document.querySelector('[aria-label="Remove Bonus"]')).not.toBeNull(), 5000);
  document.querySelector<HTMLElement>('[aria-label="Remove Bonus"]')?.click();
  await vi.waitFor(() => expect(toasts.all.at(-1)?.text).toBe("Macro removed"));
  commands.run("undo");
  await vi.waitFor(() => expect(toasts.all.at(-1)?.action?.label).toBe("Put back the rest"), 5000);
  expect(toasts.all.at(-1)?.text).toBe("What it names is gone: “Bo”.");
  toasts.all.at(-1)?.action?.run();
  await vi.waitFor(() => expect(document.querySelector('[aria-label="Remove Bonus"]')).not.toBeNull(), 5000);
  expect(restored).toEqual(["?without_gone=false", "?without_gone=true"]);
});

test("who makes no rules makes macros here all the same", async () => {
  session.me = { permissions: ["rules.read", "cases.change"], agent: { id: 2 } } as unknown as Me;
  shown = mount(Rules as unknown as Component, { target: document.body });
  const find = (words: string): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === words);
  await vi.waitFor(() => expect(find("New macro")?.disabled).toBe(false), 5000);
  expect(find("New rule")).toBeUndefined();
  find("New macro")?.click();
  await vi.waitFor(() => expect(document.querySelector("[role=dialog] select")?.textContent).toContain("Only me"), 5000);
});
