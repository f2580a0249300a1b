// @vitest-environment happy-dom
import { mount, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Me } from "../../../shared/api-types";

let all = [1, 2, 3].map((id) => rule(id));
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.url.endsWith("/rules/order")) {
    const { ids } = (await request.json()) as { ids: number[] };
    all = ids.map((id) => rule(id));
  }
  if (request.method === "DELETE") all = all.filter((one) => !request.url.endsWith(`/${one.id}`));
  return new Response(request.method === "DELETE" ? null : JSON.stringify({ rules: all, agents: [], teams: [], snippets: [], macros: [] }), {
    status: request.method === "DELETE" ? 204 : 200, headers: { "Content-Type": "application/json" },
  });
});
const { default: Rules } = await import("./Rules.svelte");
const { session } = await import("../../store/session.svelte");
session.me = { permissions: ["rules.change"] } as unknown as Me;

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
