// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";

const asked: { method: string; body: unknown }[] = [];
let answers: [number, unknown][] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  asked.push({ method: request.method, body: request.method === "GET" ? null : await request.json() });
  const [status, body] = answers.shift() ?? [404, {}];
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
});
const { deadlinePlans, ofLines, toLines } = await import("./deadline-plan.svelte");
const inForce = { plan: { policies: [] }, revision: 4, made_at: null, doubts: [] };

beforeEach(() => {
  asked.splice(0);
  answers = [];
});

test("a plan is saved in the place of the one that its form began with, and another one is shown, not written over", async () => {
  answers = [[200, inForce], [409, { code: "moved_on", detail: "" }], [200, { ...inForce, revision: 5 }]];
  await deadlinePlans.load();

  await expect(deadlinePlans.save({ policies: [] }, 4)).rejects.toThrow("Somebody else changed the deadlines");

  expect(asked[1]?.body).toEqual({ plan: { policies: [] }, expect_revision: 4 });
  expect(deadlinePlans.inForce?.revision).toBe(5);
});

test("why a plan contradicts itself is said in the page's words, else in the server's", async () => {
  answers = [[400, { code: "bad_plan", detail: "no", why: "longer", about: "Fast" }], [400, { code: "bad_plan", detail: "Odd.", why: "odd" }]];

  await expect(deadlinePlans.save({}, 4)).rejects.toThrow("“Fast” contradicts itself");
  await expect(deadlinePlans.save({}, 4)).rejects.toThrow("Odd.");
});

test("a calendar is the same after it was written as lines, and a line that cannot be read is named", () => {
  const calendar = { key: "a", name: "A", time_zone: "UTC", hours: [{ days: "mon-fri", opens: "09:00", closes: "17:00" }], holidays: [{ day: "2026-12-25", name: "Christmas" }, { day: "2026-12-26", name: "" }] };

  const { hours, holidays } = calendar;
  expect(ofLines(toLines(calendar))).toEqual({ hours, holidays });
  expect(() => ofLines({ hours: "mon-fri nine to five", holidays: "" })).toThrow("nine to five");
});
