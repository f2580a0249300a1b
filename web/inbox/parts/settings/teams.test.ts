// @vitest-environment happy-dom
// Two pages tick who is in a team and who leads it: neither takes out whom the other put in.
import { mount, tick, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Me } from "../../../shared/api-types";

const ADA = 1, BOB = 2, CY = 3;
/** As the desk has it, which other pages change too. */
const desk: { teams: { id: number; name: string; member_ids: number[]; lead_ids: number[]; access_classes: string[] }[] } = { teams: [] };
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  if (request.method === "PATCH" && desk.teams.length === 0) return new Response(JSON.stringify({ code: "not_found", detail: "No such team." }), { status: 404, headers: { "Content-Type": "application/problem+json" } });
  if (request.method === "PATCH") Object.assign(desk.teams[0]!, await request.json());
  const answer = path === "/agents" ? { agents: [[ADA, "Ada"], [BOB, "Bob"], [CY, "Cy"]].map(([id, name]) => ({ id, name })) } : desk;
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { session } = await import("../../store/session.svelte");
const { toasts } = await import("../../store/toasts.svelte");
const { default: Teams } = await import("./Teams.svelte");
session.me = { agent: { id: CY }, permissions: ["teams.change"] } as unknown as Me;

let page: Record<string, unknown> | undefined;
afterEach(async () => {
  if (page) await unmount(page);
  toasts.all = [];
  document.body.replaceChildren();
});
/** Ada, Bob, Cy: who is in the team. */
const ticks = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("ul input:not([aria-label])")];
const leads = (): (string | null)[] => [...document.querySelectorAll("input[aria-label]")].map((one) => one.getAttribute("aria-label"));
async function open(lead_ids: number[] = []): Promise<void> {
  desk.teams = [{ id: 7, name: "Payments", member_ids: [CY], lead_ids, access_classes: ["legal"] }];
  page = mount(Teams, { target: document.body });
  await vi.waitFor(() => expect(ticks()).toHaveLength(3));
  await tick();
}

test("whom somebody else put in meanwhile stays, when one is ticked and when that is undone", async () => {
  await open();
  desk.teams[0]!.member_ids = [CY, ADA];
  ticks()[1]!.click();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  expect(desk.teams[0]!.member_ids).toEqual([CY, ADA, BOB]);
  desk.teams[0]!.member_ids = [ADA, BOB];
  toasts.all[0]!.action!.run();
  await vi.waitFor(() => expect(desk.teams[0]!.member_ids).toEqual([ADA]));
});

test("nobody is said to be in a team that is gone by then", async () => {
  await open();
  desk.teams = [];
  ticks()[1]!.click();
  await vi.waitFor(() => expect(toasts.all.map((one) => [one.tone, one.text])).toEqual([["bad", "No such team."]]));
});

test("a member leads the team by one tick, and whoever is put in next to them does not", async () => {
  await open();
  expect(leads()).toEqual(["Cy leads the team Payments"]);
  document.querySelector<HTMLElement>("input[aria-label]")!.click();
  await vi.waitFor(() => expect(toasts.all.map((one) => one.text)).toEqual(["Cy leads the team Payments"]));
  ticks()[0]!.click();
  await vi.waitFor(() => expect(leads()).toHaveLength(2));
  expect(desk.teams[0]).toMatchObject({ member_ids: [CY, ADA], lead_ids: [CY] });
});

test("a lead who was taken out by mistake leads again once that is undone", async () => {
  await open([CY]);
  ticks()[2]!.click();
  await vi.waitFor(() => expect(desk.teams[0]).toMatchObject({ member_ids: [], lead_ids: [] }));
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  toasts.all[0]!.action!.run();
  await vi.waitFor(() => expect(desk.teams[0]).toMatchObject({ member_ids: [CY], lead_ids: [CY] }));
});

test("which restricted cases a team sees is ticked, and taken back without what somebody else ticked meanwhile", async () => {
  await open();
  const classes = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("fieldset input")];
  expect(classes().map((one) => one.checked)).toEqual([false, false, true]);
  classes()[0]!.click();
  await vi.waitFor(() => expect(toasts.all.map((one) => one.text)).toEqual(["Payments sees restricted cases: Fraud"]));
  expect(desk.teams[0]!.access_classes).toEqual(["legal", "fraud"]);
  desk.teams[0]!.access_classes = ["legal", "fraud", "kyc"];
  toasts.all[0]!.action!.run();
  await vi.waitFor(() => expect(desk.teams[0]!.access_classes).toEqual(["legal", "kyc"]));
});
