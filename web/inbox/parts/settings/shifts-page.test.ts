// @vitest-environment happy-dom
// A form opened before its teams have come could choose none of them, and save nothing.
import { mount, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import type { Me } from "../../../shared/api-types";

let answerTeams: (() => void) | undefined;
const FOUND: Record<string, unknown> = {
  "/api/v1/rota": { revision: 1, rota: { shifts: [] }, findings: { holes: [], clashes: [], more: 0 } },
  "/api/v1/rota/calendars": { feeds: [] },
  "/api/v1/rota/duties": { duties: [], holidays: [], open: [] },
  "/api/v1/agents": { agents: [] },
  "/api/v1/teams": { teams: [] },
};
vi.stubGlobal("fetch", async (request: Request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/api/v1/teams") await new Promise<void>((resolve) => (answerTeams = resolve));
  return new Response(JSON.stringify(FOUND[pathname] ?? {}), { headers: { "Content-Type": "application/json" } });
});
const { session } = await import("../../store/session.svelte");
const { default: Shifts } = await import("./Shifts.svelte");

test("no shift is begun before the teams are there that it could be of", async () => {
  session.me = { agent: { id: 1, settings: {} }, permissions: ["queue.change", "agents.read"] } as unknown as Me;
  const shown = mount(Shifts, { target: document.body });
  const add = (): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === "Add a shift");
  await vi.waitFor(() => expect(document.body.textContent).toContain("No shifts"));
  expect(add()?.disabled).toBe(true);
  answerTeams?.();
  await vi.waitFor(() => expect(add()?.disabled).toBe(false));
  await unmount(shown);
});
