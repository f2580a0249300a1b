// @vitest-environment happy-dom
// Who works now stands by team, and is read anew as the clock goes on.
import { flushSync, mount, unmount, type Component } from "svelte";
import { expect, test, vi } from "vitest";
import type { Agent, Team } from "../../../shared/api-types";

let duties: object[] = [];
const asked: string[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  asked.push(new URL(request.url).pathname);
  return new Response(JSON.stringify({ duties }), { headers: { "Content-Type": "application/json" } });
});
const { default: OnDuty } = await import("./OnDuty.svelte");
const { shifts } = await import("../../store/shifts.svelte");
const { staff } = await import("../../store/team.svelte");
const duty = (team_id: number, ...agent_ids: number[]): object => ({ shift: `s${team_id}`, team_id, agent_ids, starts: "2026-03-04T08:00:00Z", ends: "2026-03-04T16:00:00Z" });
const lines = (): (string | undefined)[] => [...document.querySelectorAll("li")].map((one) => one.textContent.replaceAll(/\s+/g, " ").trim());

test("who is on duty stands by team, and once a shift is over who came then", async () => {
  vi.useFakeTimers();
  staff.agents = [{ id: 1, name: "Ana" }, { id: 2, name: "Bo" }] as Agent[];
  staff.teams = [{ id: 4, name: "Payments" }, { id: 5, name: "Fraud" }, { id: 6, name: "KYC" }] as Team[];
  duties = [duty(4, 1, 2), duty(5, 2), duty(6)];
  shifts.inForce = {} as typeof shifts.inForce;
  const shown = mount(OnDuty as Component, { target: document.body });
  flushSync();
  expect(lines()).toEqual(["…"]);
  await vi.advanceTimersByTimeAsync(0);
  flushSync();
  expect(lines()).toEqual([expect.stringMatching(/^Payments Ana, Bo until Wed/), expect.stringMatching(/^Fraud Bo until/)]);

  duties = [];
  await vi.advanceTimersByTimeAsync(60_000);
  flushSync();
  expect(lines()).toEqual(["Nobody is on duty now."]);
  await unmount(shown);
  await vi.advanceTimersByTimeAsync(180_000);
  expect(asked).toEqual(["/api/v1/rota/on-duty", "/api/v1/rota/on-duty"]);
  vi.useRealTimers();
});
