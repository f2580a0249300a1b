// @vitest-environment happy-dom
// What is chosen in the forms of one day is what is sent, or nothing is; one yes is for one fault.
import { mount, tick, unmount, type Component } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Agent, ShownDuty } from "../../../shared/api-types";
import type { FeedEvent } from "../../../shared/feed-types";

type Sent = { method: string; path: string; query: string; body: Record<string, unknown> };
let sent: Sent[] = [];
let isDown = false;
let reads = 0;
let listed: ShownDuty[] = [];
let refused: Record<string, unknown> | null = null;
vi.stubGlobal("fetch", async (request: Request) => {
  const { pathname, search } = new URL(request.url);
  const headers = { "Content-Type": "application/json" };
  if (request.method === "GET" && pathname.endsWith("/exchanges")) reads += 1;
  if (request.method === "GET" && isDown) return new Response("{}", { status: 503, headers });
  if (request.method === "GET") return new Response(JSON.stringify({ rota: {}, revision: 1, duties: listed, agents: [], teams: [], feeds: [], exchanges: [], policy: "agreed" }), { headers });
  const text = await request.clone().text();
  sent.push({ method: request.method, path: pathname, query: search, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> });
  if (refused) return new Response(JSON.stringify(refused), { status: 409, headers });
  return new Response(JSON.stringify({ exchanges: [], policy: "agreed" }), { headers });
});
const { default: DutyForm } = await import("./DutyForm.svelte");
const { default: ExchangeForm } = await import("./ExchangeForm.svelte");
const { default: MyShifts } = await import("./MyShifts.svelte");
const { awaiting } = await import("../../store/awaiting.svelte");
const { desk } = await import("../../store/desk.svelte");
const { exchanges } = await import("../../store/exchanges.svelte");
const { session } = await import("../../store/session.svelte");
const { shifts } = await import("../../store/shifts.svelte");
const { staff } = await import("../../store/team.svelte");

const [ANA, BO, CY] = [1, 2, 3];
const day = (number: number): string => new Date(Date.now() + number * 86_400_000).toISOString().slice(0, 10);
const duty = (shift: string, on: number, from: string, to: string, agents: number[], more: object = {}): ShownDuty =>
  ({ shift, name: shift, day: day(on), team_id: 1, agent_ids: agents, time_zone: "UTC", starts: `${day(on)}T${from}:00Z`, ends: `${day(on)}T${to}:00Z`, is_changed: false, ...more }) as ShownDuty;
const mine = duty("early", 3, "09:00", "12:00", [ANA]);
const theirs = duty("late", 4, "14:00", "18:00", [BO]);
const asked = (path: string): Sent[] => sent.filter((one) => one.path.endsWith(path));

let shown: Record<string, unknown> | undefined;
beforeEach(() => {
  sent = [];
  listed = [mine];
  refused = null;
  staff.agents = [ANA, BO, CY].map((id) => ({ id, name: ["", "Ana", "Bo", "Cy"][id], is_active: true })) as unknown as Agent[];
  session.me = { agent: { id: ANA }, permissions: ["cases.change"] } as unknown as typeof session.me;
  exchanges.coming = [mine, theirs];
  shifts.week = { duties: [mine, theirs] } as unknown as typeof shifts.week;
});
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = undefined;
  document.body.replaceChildren();
});

function begin(form: unknown, props: object): void {
  shown = mount(form as Component, { target: document.body, props: { open: true, ...props } });
}
const button = (words: string): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === words);
function choose(label: string, value: string): void {
  const box = [...document.querySelectorAll("label")].find((one) => one.textContent.includes(label))?.querySelector("select");
  if (!box) throw new Error(label);
  box.value = value;
  // happy-dom knows no :checked of an option, by which the form reads it.
  box.querySelector = () => [...box.options].find((one) => one.value === value) ?? null;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}
const yes = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>(".bad input");

test("a swap whose other shift is gone is not offered as a gift", async () => {
  begin(ExchangeForm, { duty: { ...mine, parts: [mine] } });
  await vi.waitFor(() => expect(document.querySelectorAll("select")).toHaveLength(2));
  choose("In exchange for", `${theirs.shift} ${theirs.day}`);
  await tick();
  exchanges.coming = [mine];
  button("Offer it")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("The shift has changed meanwhile"));
  expect(sent).toEqual([]);
});

test("a swap whose other shift is gone changes nothing of the day either", async () => {
  begin(DutyForm, { duty: mine, agentId: ANA, onwhole: () => undefined });
  await vi.waitFor(() => expect(document.body.textContent).toContain("Swap with"));
  choose("Swap with", `${theirs.shift} ${theirs.day} ${BO}`);
  await tick();
  shifts.week = { duties: [mine] } as unknown as typeof shifts.week;
  button("Save")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("The shift has changed meanwhile"));
  expect(sent).toEqual([]);
});

test("one yes is for what was stopped, and is asked for again for another stand-in", async () => {
  begin(DutyForm, { duty: mine, agentId: ANA, onwhole: () => undefined });
  await vi.waitFor(() => expect(document.body.textContent).toContain("Swap with"));
  refused = { type: "about:blank", title: "", status: 409, code: "works_then", detail: "Bo works “Fair” at that time." };
  choose("is absent", String(BO));
  await tick();
  button("Save")?.click();
  await vi.waitFor(() => expect(yes()).not.toBeNull());
  yes()?.click();
  await tick();
  choose("is absent", String(CY));
  await tick();
  expect(yes()).toBeNull();
  button("Save")?.click();
  await vi.waitFor(() => expect(asked("/absences")).toHaveLength(2));
  expect(asked("/absences").map((one) => [one.body.stand_in_id, one.body.accept])).toEqual([[BO, false], [CY, false]]);
});

test("times that nobody touched are not those of a part, however the day was changed before", async () => {
  const part = duty("early", 3, "09:00", "12:00", [ANA], { is_changed: true });
  begin(DutyForm, { duty: part, agentId: ANA, onwhole: () => undefined });
  await vi.waitFor(() => expect(button("Save")).toBeDefined());
  button("Save")?.click();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.body).toEqual({ is_cancelled: false, agent_ids: [ANA], accept: false });
});

test("times of one part of a shift cannot become those of all of it", async () => {
  const parts = [mine, duty("early", 3, "14:00", "18:00", [ANA])];
  shifts.week = { duties: parts } as unknown as typeof shifts.week;
  begin(DutyForm, { duty: parts[0], agentId: ANA, onwhole: () => undefined });
  await vi.waitFor(() => expect(document.querySelectorAll("input[type=time]")).toHaveLength(2));
  expect([...document.querySelectorAll<HTMLInputElement>("input[type=time]")].map((one) => one.disabled)).toEqual([true, true]);
});

test("a day that is put back asks where somebody would be missing", async () => {
  begin(DutyForm, { duty: { ...mine, is_changed: true }, agentId: ANA, onwhole: () => undefined });
  await vi.waitFor(() => expect(button("As the rota has it")).toBeDefined());
  refused = { type: "about:blank", title: "", status: 409, code: "rota_has_faults", detail: "Agents would be in two shifts at once." };
  button("As the rota has it")?.click();
  await vi.waitFor(() => expect(yes()).not.toBeNull());
  refused = null;
  yes()?.click();
  await tick();
  button("As the rota has it")?.click();
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  expect(sent.map((one) => [one.method, one.query])).toEqual([["DELETE", ""], ["DELETE", "?accept=true"]]);
});

test("a shift that a holiday of some hours cuts is offered once, whole, and not once it has begun", async () => {
  const cut = [duty("early", 3, "09:00", "12:00", [ANA]), duty("early", 3, "14:00", "18:00", [ANA])];
  const late = [duty("late", 4, "09:00", "12:00", [BO]), duty("late", 4, "14:00", "18:00", [BO])];
  const hours = (n: number): string => new Date(Date.now() + n * 3_600_000).toISOString();
  const begun = [-2, 2].map((n) => ({ ...mine, shift: "now", starts: hours(n), ends: hours(n + 1) }));
  listed = [...begun, ...cut, ...late];
  begin(MyShifts, {});
  await vi.waitFor(() => expect(document.querySelectorAll("li")).toHaveLength(2));
  const offers = [...document.querySelectorAll("button")].filter((one) => one.textContent.trim() === "Give away or swap");
  expect(offers).toHaveLength(1);
  expect(offers[0]?.closest("li")?.textContent).toContain("09:00–12:00, 14:00–18:00");
  offers[0]?.click();
  const wanted = (): HTMLSelectElement | null | undefined => [...document.querySelectorAll("label")].find((one) => one.textContent.includes("In exchange for"))?.querySelector("select");
  await vi.waitFor(() => expect(wanted()).toBeTruthy());
  expect([...(wanted()?.options ?? [])].map((one) => one.value)).toEqual(["", `late ${day(4)}`]);
  if (shown) await unmount(shown);
  shifts.week = { duties: [...cut, ...late] } as unknown as typeof shifts.week;
  begin(DutyForm, { duty: cut[0], agentId: ANA, onwhole: () => undefined });
  await vi.waitFor(() => expect(document.body.textContent).toContain("Swap with"));
  expect([...document.querySelectorAll("option")].filter((one) => one.value.startsWith("late "))).toHaveLength(1);
});

test("what never came to be read is not marked as seen", async () => {
  exchanges.forget();
  awaiting.exchanges = [7];
  for (const down of [true, false]) {
    isDown = down;
    begin(MyShifts, {});
    await vi.waitFor(() => expect(document.body.textContent).toContain(down ? "could not be loaded" : "Give away or swap"));
    if (shown) await unmount(shown);
    shown = undefined;
    await new Promise((done) => setTimeout(done, 30));
    expect(asked("/seen")).toHaveLength(down ? 0 : 1);
  }
});

test("what changes of the rota at once is read once, and by nobody who has left the page", async () => {
  reads = 0;
  const changed = (): void => [1, 2, 3].forEach(() => desk.take({ kind: "rota.changed" } as FeedEvent));
  const lists = async (): Promise<number> => {
    await vi.advanceTimersByTimeAsync(2500);
    return reads;
  };
  begin(MyShifts, {});
  await vi.waitFor(() => expect(document.body.textContent).toContain("Give away or swap"));
  vi.useFakeTimers();
  const before = await lists();
  changed();
  const after = await lists();
  if (shown) await unmount(shown);
  shown = undefined;
  changed();
  const gone = await lists();
  vi.useRealTimers();
  expect([before, after, gone]).toEqual([1, 2, 2]);
});
