// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import type { Macro } from "../../shared/api-types";
import type { Thread } from "./thread";
import { oneCase, person } from "./samples";

const MACRO: Macro = { id: 5, name: "Refund", reach: "shared", team_id: null, actions: [], changed_at: "2026-05-20T10:00:00Z", renamed_by: null, may_change: true };
let step = { case_id: 7, came: "failed", because: "", code: "" };

const SPEAKING: Macro = { ...MACRO, actions: [{ do: "reply", snippet_id: 3 }] };
const SAYS = { text: "Be patient.", account_id: 1, problem: "" };
const ONE = oneCase(7);
const asked: string[] = [];
const marks: unknown[] = [];
let mark = "as it was";

vi.stubGlobal("fetch", async (request: Request) => {
  asked.push(new URL(request.url).pathname.replace("/api/v1", ""));
  if (request.url.endsWith("/run")) marks.push(((await request.json()) as { marks: unknown }).marks);
  const answer = { id: 1, steps: [step], macros: [MACRO], cases: [{ case_id: 7, would: [], says: [SAYS], mark }] };
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { macros } = await import("./macros.svelte");
const { desk } = await import("./desk.svelte");
const { threads } = await import("./threads.svelte");
const { toasts } = await import("./toasts.svelte");

/** The conversation that is open, with this case. */
function stand(personId: number, caseId: number): void {
  threads.open.set(personId, { person: person({ id: personId }), cases: [oneCase(caseId)] } as Thread);
  desk.openPerson = personId;
}
const told = (): [string, string] => [toasts.all.at(-1)?.tone ?? "", toasts.all.at(-1)?.text ?? ""];

beforeEach(() => {
  vi.useFakeTimers();
});

test("a macro that failed without a reason says so all the same", async () => {
  step = { case_id: 7, came: "failed", because: "", code: "" };
  await macros.run(MACRO, ONE);
  expect(told()).toEqual(["bad", "Macro “Refund” was not done"]);
});

test("a macro that failed gives its reason", async () => {
  step = { case_id: 7, came: "failed", because: "There is no case 7.", code: "not_found" };
  await macros.run(MACRO, ONE);
  expect(told()).toEqual(["bad", "There is no case 7."]);
});

test("what is not undone is told in the page's words", async () => {
  step = { case_id: 7, came: "done", because: "", code: "" };
  await macros.run(MACRO, ONE);
  step = { case_id: 7, came: "kept", because: "Somebody changed it since.", code: "" };
  toasts.all.at(-1)?.action?.run();
  await vi.advanceTimersByTimeAsync(0);
  expect(told()).toEqual(["plain", "Not undone: the case stays as it is now"]);
});

test("a macro that says something shows that first, and is done as it was shown once somebody says yes", async () => {
  step = { case_id: 7, came: "done", because: "", code: "" };
  stand(1, 7);
  asked.length = marks.length = 0;
  await macros.run(SPEAKING, ONE);
  expect(asked).toEqual(["/macros/5/preview"]);
  expect([macros.asked?.name, macros.asked?.shown.says]).toEqual(["Ana", [SAYS]]);
  await macros.answer();
  expect(asked).toEqual(["/macros/5/preview", "/macros/5/run"]);
  expect(marks).toEqual([["as it was"]]);
});

test("what would be said differently by now is shown anew before it is said", async () => {
  stand(1, 7);
  await macros.run(SPEAKING, ONE);
  step = { case_id: 7, came: "failed", because: "It would say something else by now, or elsewhere.", code: "moved_on" };
  mark = "as it is";
  await expect(macros.answer()).rejects.toThrow("Look again");
  expect(macros.asked?.shown.mark).toBe("as it is");
});

test("nothing is asked of somebody who is no more in sight", async () => {
  stand(1, 7);
  const running = macros.run(SPEAKING, ONE);
  stand(2, 8);
  await running;
  expect(macros.asked).toBe(null);
});

test("whoever signs in next is offered none of those of who signed out, not even by an answer on its way", async () => {
  await macros.load();
  expect(macros.all).toEqual([MACRO]);
  const loading = macros.load();
  desk.end();
  await loading;
  expect([macros.all, macros.isLoaded]).toEqual([[], false]);
});
