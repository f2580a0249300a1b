// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import type { Macro } from "../../shared/api-types";

const MACRO: Macro = { id: 5, name: "Refund", reach: "shared", team_id: null, actions: [], changed_at: "2026-05-20T10:00:00Z", may_change: true };
let step = { case_id: 7, came: "failed", because: "" };

const SPEAKING: Macro = { ...MACRO, actions: [{ do: "reply", snippet_id: 3 }] };
const SAYS = { text: "Be patient.", account_id: 1, problem: "" };
const asked: string[] = [];

vi.stubGlobal("fetch", async (request: Request) => {
  asked.push(new URL(request.url).pathname.replace("/api/v1", ""));
  const answer = { id: 1, steps: [step], macros: [MACRO], cases: [{ case_id: 7, would: [], says: [SAYS] }] };
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { macros } = await import("./macros.svelte");
const { desk } = await import("./desk.svelte");
const { toasts } = await import("./toasts.svelte");
const told = (): [string, string] => [toasts.all.at(-1)?.tone ?? "", toasts.all.at(-1)?.text ?? ""];

beforeEach(() => {
  vi.useFakeTimers();
});

test("a macro that failed without a reason says so all the same", async () => {
  step = { case_id: 7, came: "failed", because: "" };
  await macros.run(MACRO, 7);
  expect(told()).toEqual(["bad", "Macro “Refund” was not done"]);
});

test("a macro that failed gives its reason", async () => {
  step = { case_id: 7, came: "failed", because: "There is no case 7." };
  await macros.run(MACRO, 7);
  expect(told()).toEqual(["bad", "There is no case 7."]);
});

test("what is not undone is told in the page's words", async () => {
  step = { case_id: 7, came: "done", because: "" };
  await macros.run(MACRO, 7);
  step = { case_id: 7, came: "kept", because: "Somebody changed it since." };
  toasts.all.at(-1)?.action?.run();
  await vi.advanceTimersByTimeAsync(0);
  expect(told()).toEqual(["plain", "Not undone: the case stays as it is now"]);
});

test("a macro that says something shows that first, and is done once somebody says yes", async () => {
  step = { case_id: 7, came: "done", because: "" };
  asked.length = 0;
  await macros.run(SPEAKING, 7);
  expect(asked).toEqual(["/macros/5/preview"]);
  expect(macros.asked?.says).toEqual([SAYS]);
  await macros.answer();
  expect(asked).toEqual(["/macros/5/preview", "/macros/5/run"]);
});

test("whoever signs in next is offered none of those of who signed out, not even by an answer on its way", async () => {
  await macros.load();
  expect(macros.all).toEqual([MACRO]);
  const loading = macros.load();
  desk.end();
  await loading;
  expect([macros.all, macros.isLoaded]).toEqual([[], false]);
});
