// @vitest-environment happy-dom
// What is done to an incident is done to that one, as it was confirmed, whatever one looks at by then.
import { flushSync, mount, unmount, type Component } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BulkJob, Incident, IncidentAnswer as Answer, IncidentCase, Me } from "../../../shared/api-types";

type Asked = { method: string; path: string; query: string; body: Record<string, unknown> };
let asked: Asked[] = [];
let listed: Incident[] = [];
let hold: Promise<void> | null = null;
let isMoved = false;
const speaks = (id: number): object => ({ id, name: `Macro ${id}`, actions: [{ do: "reply", snippet_id: id }] });
const cases = [5, 6].map((id) => ({ id, conversation_id: id, person_name: "Ana", subject: "", state: "open", owner: null }));
const answerOf = (more: Partial<Answer>): Answer =>
  ({ id: 3, incident_id: 7, agent: { id: 2, name: "Bo" }, macro_name: null, texts: ["Be patient."], only_unsolved: true, solves: false, state: "running", because: "", stopped_by: null, begun_at: "2026-01-01T00:00:00Z", ended_at: null, cases: 500, waiting: 380, done: 110, told: 3, failed: 7, cancelled: 0, recalled: 0, ...more }) as Answer;
let answers: Answer[] = [];
const incident = (id: number): Incident => ({ id, title: `Incident ${id}`, description: "", state: "open", severity: "major", owner: null, team_id: null, public_texts: {}, started_at: "2026-01-01T00:00:00Z", resolved_at: null, revision: 3, cases: 150, unsolved: 150 }) as Incident;

function answer({ path, body }: Asked): unknown {
  if (path.endsWith("/macros")) return { macros: [speaks(1), speaks(2)] };
  if (path.endsWith("/preview") && isMoved) return { cases: 500, conversations: 480, looked: 50, cannot: 0, texts: ["Said anew"], reasons: [], stamp: "new stamp" };
  if (path.endsWith("/preview")) return { cases: 500, conversations: 480, looked: 50, cannot: 2, texts: [`Said: ${String(body.text)}`], reasons: [{ sentence: "Others read along.", count: 2 }], stamp: `stamp of ${String(body.text)}` };
  if (path.endsWith("/stop")) return answerOf({ state: "stopping", waiting: 0, cancelled: 380 });
  if (path.endsWith("/failures")) return { failures: [{ case_id: 9, conversation_id: 8, person_name: "Cy", code: "level_too_low", sentence: "It needs level 3." }], after: null };
  if (path.endsWith("/answers")) return body.text ? answerOf({}) : { answers };
  if (path.endsWith("/bulk")) return { id: 1, state: "running", change: body.change, wanted: 150, waiting: 150, done: 0, failed: 0, skipped: 0, undone: 0, kept: 0, proposed: 0, cases: 0, reasons: [], made_at: "2026-01-01T00:00:00Z" };
  if (path.includes("/incidents/") && path.endsWith("/cases")) return { cases, before: null };
  if (path.endsWith("/incidents")) return { incidents: listed, before: null };
  return path.includes("/incidents/") ? { incident: incident(7), log: [] } : { id: 5, revision: 4 };
}
vi.stubGlobal("fetch", async (request: Request) => {
  const one = { method: request.method, path: new URL(request.url).pathname.replace("/api/v1", ""), query: new URL(request.url).search, body: request.method === "GET" ? {} : JSON.parse((await request.clone().text()) || "{}") };
  asked.push(one);
  if (one.method === "PATCH") await hold;
  if (one.body.stamp !== undefined && isMoved && one.body.stamp !== "new stamp")
    return new Response(JSON.stringify({ status: 409, code: "moved_on", title: "Conflict", detail: "It would say something else." }), { status: 409, headers: { "Content-Type": "application/problem+json" } });
  return new Response(JSON.stringify(answer(one)), { headers: { "Content-Type": "application/json" } });
});
const { default: IncidentAnswer } = await import("./IncidentAnswer.svelte");
const { default: IncidentAnswers } = await import("./IncidentAnswers.svelte");
const { default: IncidentCard } = await import("./IncidentCard.svelte");
const { default: IncidentCases } = await import("./IncidentCases.svelte");
const { bulk } = await import("../../store/bulk.svelte");
const { incidents } = await import("../../store/incidents.svelte");
const { session } = await import("../../store/session.svelte");
const { toasts } = await import("../../store/toasts.svelte");

let shown: Record<string, unknown> | undefined;
beforeEach(() => {
  asked = [];
  session.me = { permissions: ["cases.change", "conversations.write"] } as unknown as Me;
});
afterEach(async () => {
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});
const begin = (what: unknown, props: Record<string, unknown>): void => void (shown = mount(what as Component, { target: document.body, props }));
const button = (words: string): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim().startsWith(words));
const to = (end: string): Asked[] => asked.filter((one) => one.path.endsWith(end));
const holdOn = (): (() => void) => {
  let goOn = (): void => undefined;
  hold = new Promise((resolve) => (goOn = resolve));
  return goOn;
};

test("what was confirmed is begun once by one call, for the incident that was looked at", async () => {
  answers = [];
  await incidents.open(7);
  const props = $state({ open: true, one: incident(7) });
  begin(IncidentAnswer, props);
  await vi.waitFor(() => expect(document.querySelector("textarea")).not.toBeNull());
  const field = document.querySelector("textarea") as HTMLTextAreaElement;
  field.value = "Be patient.";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(button("Send")?.disabled).toBe(false));
  for (const words of ["Conversations: 480", "500 cases", "Said: Be patient.", "2× Others read along."]) expect(document.body.textContent).toContain(words);
  flushSync(() => void Object.assign(props, { one: incident(8) }));
  button("Send")?.click();
  await vi.waitFor(() => expect(to("/incidents/7/answers").filter((one) => one.method === "POST")).toHaveLength(1));
  expect(to("/incidents/7/answers").at(-1)?.body).toMatchObject({ text: "Be patient.", macro_id: null, only_unsolved: true, solves: false, stamp: "stamp of Be patient." });
  expect(incidents.answers.map((one) => one.waiting)).toEqual([380]);
});

test("what would be said by now is looked at again where it is not what was shown, and can be sent then", async () => {
  answers = [];
  begin(IncidentAnswer, { open: true, one: incident(7) });
  await vi.waitFor(() => expect(document.querySelector("textarea")).not.toBeNull());
  const field = document.querySelector("textarea") as HTMLTextAreaElement;
  field.value = "{{incident.text}}";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(button("Send")?.disabled).toBe(false));
  isMoved = true;
  button("Send")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("Said anew"));
  expect(document.body.textContent).toContain("It would say something else.");
  await vi.waitFor(() => expect(button("Send")?.disabled).toBe(false));
  button("Send")?.click();
  await vi.waitFor(() => expect(to("/incidents/7/answers").map((one) => one.body.stamp)).toEqual(["stamp of {{incident.text}}", "new stamp"]));
  isMoved = false;
});

test("an answer under way is there on a page opened anew, and is stopped there", async () => {
  answers = [answerOf({})];
  await incidents.open(7);
  begin(IncidentAnswers, {});
  await vi.waitFor(() => expect(document.body.textContent).toContain("Being answered: 120 of 500"));
  for (const words of ["Bo", "Be patient.", "Told already: 3", "Failed: 7"]) expect(document.body.textContent).toContain(words);
  button("What failed")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("It needs level 3."));
  button("Stop")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("Being stopped"));
  expect(document.body.textContent).toContain("Cancelled: 380");
  expect(to("/incident-answers/3/stop")).toHaveLength(1);
});

test("what has ended is shown on and not counted again with each look", async () => {
  const done = answerOf({ id: 2, state: "done", ended_at: "2026-01-01T01:00:00Z", waiting: 0, failed: 0 });
  answers = [answerOf({}), done];
  await incidents.open(7);
  expect(to("/incidents/7/answers").at(-1)?.query).toBe("");
  answers = [answerOf({ waiting: 100 })];
  await incidents.open(7);
  expect(to("/incidents/7/answers").at(-1)?.query).toBe("?known=2");
  expect(incidents.answers.map(({ id, waiting }) => [id, waiting])).toEqual([[3, 100], [2, 0]]);
  await incidents.open(8);
  expect(to("/incidents/8/answers").at(-1)?.query).toBe("");
  expect(incidents.answers).toHaveLength(1);
});

test("answers of another one are not laid under it, however often it is asked for before it has come", async () => {
  answers = [answerOf({ id: 2, state: "done", ended_at: "2026-01-01T01:00:00Z" })];
  await incidents.open(7);
  answers = [answerOf({ id: 9, incident_id: 8 })];
  await Promise.all([incidents.open(8), incidents.open(8)]);
  expect(to("/incidents/8/answers").map((one) => one.query)).toEqual(["", ""]);
  expect(incidents.answers.map(({ id }) => id)).toEqual([9]);
});

test("what was taken out comes back into its own incident, unless somebody changed it", async () => {
  incidents.cases = [{ ...cases[0] } as unknown as IncidentCase];
  const props = $state({ one: incident(7) });
  begin(IncidentCases, props);
  await vi.waitFor(() => expect(button("Take out")).toBeDefined());
  button("Take out")?.click();
  await vi.waitFor(() => expect(toasts.all.at(-1)?.action).toBeDefined());
  flushSync(() => void Object.assign(props, { one: incident(8) }));
  toasts.all.at(-1)?.action?.run();
  await vi.waitFor(() => expect(to("/cases/5")).toHaveLength(2));
  expect(to("/cases/5").map((one) => one.body)).toEqual([{ incident_id: null }, { incident_id: 7, expect_revision: 4 }]);
});

test("what became of the cases of a job is told as it is, with why some stayed", async () => {
  hold = null;
  await incidents.solveAll(7);
  bulk.take({ ...(bulk.job as BulkJob), state: "done", waiting: 0, wanted: 50, done: 28, cases: 41, skipped: 2, failed: 20, reasons: [{ sentence: "Fill in Chain first.", count: 20 }] });
  begin(IncidentCases, { one: incident(7) });
  await vi.waitFor(() => expect(document.body.textContent).toContain("20 failed"));
  for (const words of ["Done: 28 of 50", "Cases changed: 41", "2 were so already", "20× Fill in Chain first."]) expect(document.body.textContent).toContain(words);
});

test("resolved ones are counted anew only when one more is resolved", async () => {
  hold = null;
  listed = [incident(7), incident(9)];
  await incidents.load();
  await incidents.loadResolved();
  await incidents.note(7, "Seen");
  await incidents.change(7, { description: "More" });
  const counted = (): number => asked.filter((one) => one.query.includes("is_resolved=true")).length;
  expect(counted()).toBe(1);
  listed = [incident(9)];
  await incidents.change(7, { state: "resolved" });
  expect(counted()).toBe(2);
});

test("what is solved with an incident is in the one that was resolved", async () => {
  hold = null;
  const props = $state({ incident: incident(7), log: [] });
  begin(IncidentCard, props);
  button("Seems over")?.click();
  await vi.waitFor(() => expect(asked.find((one) => one.method === "PATCH")?.body).toEqual({ state: "watching", expect_revision: 3 }));
  const goOn = holdOn();
  button("Resolve")?.click();
  await vi.waitFor(() => expect(document.querySelector("input[type=checkbox]")).not.toBeNull());
  document.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
  document.querySelector<HTMLButtonElement>(".foot button[type=submit]")?.click();
  await vi.waitFor(() => expect(asked.filter((one) => one.method === "PATCH")).toHaveLength(2));
  flushSync(() => void Object.assign(props, { incident: incident(8) }));
  goOn();
  await vi.waitFor(() => expect(to("/bulk")).toHaveLength(1));
  expect(to("/bulk")[0]?.body.incident_id).toBe(7);
});
