// @vitest-environment happy-dom
// Who works now stands by team, and is read anew as the clock goes on.
import { flushSync, mount, unmount, type Component } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Agent, Team } from "../../../shared/api-types";

const ON_DUTY = "/api/v1/rota/on-duty";
const AGENTS = [{ id: 1, name: "Ana" }, { id: 2, name: "Bo" }] as Agent[];
const TEAMS = [{ id: 4, name: "Payments" }, { id: 5, name: "Fraud" }, { id: 6, name: "KYC" }] as Team[];
let duties: object[] = [];
let isDown = false;
let refused = "";
const asked: string[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  asked.push(new URL(request.url).pathname);
  if (refused && request.url.endsWith(refused)) return new Response("{}", { status: 500 });
  const body = isDown ? { code: "internal", detail: "" } : { duties, agents: AGENTS, teams: TEAMS };
  return new Response(JSON.stringify(body), { status: isDown ? 500 : 200, headers: { "Content-Type": "application/json" } });
});
const { default: OnDuty } = await import("./OnDuty.svelte");
const { shifts } = await import("../../store/shifts.svelte");
const { staff } = await import("../../store/team.svelte");
const { speech } = await import("../../store/words.svelte");
const duty = (team_id: number, ...agent_ids: number[]): object => ({ shift: `s${team_id}`, team_id, agent_ids, starts: "2026-03-04T08:00:00Z", ends: "2026-03-04T16:00:00Z" });
const lines = (): (string | undefined)[] => [...document.querySelectorAll("li")].map((one) => one.textContent.replaceAll(/\s+/g, " ").trim());
let shown: Record<string, unknown> | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  [duties, isDown] = [[], false];
  asked.length = 0;
  [staff.agents, staff.teams] = [AGENTS, TEAMS];
  speech.now = Date.parse("2026-03-04T15:00:00Z");
  shifts.forget();
  shifts.inForce = {} as typeof shifts.inForce;
});
afterEach(async () => {
  vi.restoreAllMocks();
  if (shown) await unmount(shown);
  vi.useRealTimers();
});
function begin(): void {
  shown = mount(OnDuty as Component, { target: document.body });
  flushSync();
}
async function later(minutes: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(minutes * 60_000);
  flushSync();
}

test("who is on duty stands by team, and once a shift is over who came then", async () => {
  duties = [duty(4, 1, 2), duty(5, 2), duty(6)];
  begin();
  expect(lines()).toEqual(["…"]);
  await later(0);
  expect(lines()).toEqual([expect.stringMatching(/^Payments Ana, Bo until Wed/), expect.stringMatching(/^Fraud Bo until/)]);

  duties = [];
  await later(1);
  expect(lines()).toEqual(["Nobody is on duty now."]);
  if (shown) await unmount(shown);
  shown = undefined;
  await later(3);
  expect(asked).toEqual([ON_DUTY, ON_DUTY]);
});

test("a night that nobody looked at is made up for by one question, and by none where nobody waits for it any more", async () => {
  begin();
  await later(0);
  const seen = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  const turn = (to: DocumentVisibilityState): void => {
    seen.mockReturnValue(to);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  turn("hidden");
  await later(600);
  expect(asked).toHaveLength(1);
  turn("visible");
  await later(0);
  expect(asked).toHaveLength(2);
  turn("hidden");
  turn("visible");
  await later(0);
  expect(asked).toHaveLength(2);

  turn("hidden");
  await later(10);
  if (shown) await unmount(shown);
  shown = undefined;
  turn("visible");
  await later(0);
  expect(asked).toHaveLength(2);
});

test("a team and an agent that came since the page was opened are asked for, and nobody is left out before", async () => {
  [staff.agents, staff.teams] = [[], []];
  duties = [duty(5, 2)];
  begin();
  await later(0);
  expect(lines()).toEqual([expect.stringMatching(/^Fraud Bo until/)]);
  expect([...asked].sort()).toEqual(["/api/v1/agents", ON_DUTY, "/api/v1/teams"]);
});

test("a team that was removed is asked for once, and said to be gone", async () => {
  duties = [duty(9, 1, 8)];
  begin();
  await later(0);
  expect(lines()).toEqual([expect.stringMatching(/^A team that was removed Ana, … until/)]);
  await later(2);
  expect([...asked].sort()).toEqual(["/api/v1/agents", ON_DUTY, ON_DUTY, ON_DUTY, "/api/v1/teams"]);
});

test("names that do not come are no shifts that did not, and are asked for again", async () => {
  duties = [duty(4, 1)];
  staff.teams = [];
  refused = "/api/v1/teams";
  begin();
  await later(0);
  expect(lines()).toEqual([expect.stringMatching(/^… Ana until/)]);
  refused = "";
  await later(1);
  expect(lines()).toEqual([expect.stringMatching(/^Payments Ana until/)]);
});

test("an answer that comes late says nothing of the one that came after it", async () => {
  begin();
  await later(0);
  let fail: (error: Error) => void = () => undefined;
  vi.spyOn(shifts, "loadOnDuty").mockReturnValueOnce(new Promise((_, reject) => (fail = reject)));
  await later(2);
  fail(new Error("late"));
  await later(0);
  expect(lines()).toEqual(["Nobody is on duty now."]);
});

test("that the desk did not answer is said, and what it said before stands only until it ends", async () => {
  isDown = true;
  begin();
  await later(0);
  expect(lines()).toEqual(["The shifts could not be loaded. Try again"]);
  [isDown, duties] = [false, [duty(4, 1)]];
  document.querySelector("button")?.click();
  await later(0);
  expect(lines()).toEqual([expect.stringMatching(/^Payments Ana until/)]);

  isDown = true;
  await later(1);
  expect(lines()).toEqual([expect.stringMatching(/^Payments Ana until/), expect.stringMatching("could not be loaded")]);
  speech.now = Date.parse("2026-03-04T16:00:00Z");
  flushSync();
  expect(lines()).toEqual([expect.stringMatching("could not be loaded")]);
});
