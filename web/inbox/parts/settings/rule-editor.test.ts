// @vitest-environment happy-dom
// What a rule is tried on is answered in the form: by what it would have done, or at the part that is not right yet.
import { mount, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Me, RuleSchema, Team } from "../../../shared/api-types";

const RESULT = { cases: 3, asked: 3, runs: 2, of_cases: 1, stops: "", is_replayed: true, faults: [] as object[], examples: [] };
const EMPTY = { code: "invalid", detail: "Expected `array` of length >= 1.", field: "definition.condition.parts[0].value" };
let answers: [number, object][] = [];
const puts: [string, unknown][] = [];
/** What the server has of the macro, if it compares, as it does. */
let kept: Record<string, unknown> | null = null;
function macroOf(body: unknown): [number, object] | null {
  if (!kept) return null;
  if (body === undefined) return [200, { macros: [kept] }];
  const { expect_changed_at, ...wanted } = body as Record<string, unknown>;
  if (expect_changed_at !== kept.changed_at) return [409, { code: "moved_on", detail: "Somebody else has changed it." }];
  kept = { ...kept, ...wanted, changed_at: `${String(kept.changed_at)}+` };
  return [200, kept];
}
/** And of the rule. */
let rule: Record<string, unknown> | null = null;
function ruleOf(body: unknown): [number, object] | null {
  if (!rule) return null;
  if (body === undefined) return [200, { rules: [rule] }];
  const { expect_version, ...wanted } = body as Record<string, unknown>;
  if (expect_version !== rule.version) return [409, { code: "moved_on", detail: "Somebody else has changed it." }];
  rule = { ...rule, ...wanted, version: Number(rule.version) + 1 };
  return [200, { rule, warnings: [] }];
}
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname;
  const sent: unknown = request.method === "PUT" || (request.method === "POST" && path.endsWith("/macros")) ? await request.json() : undefined;
  if (sent !== undefined) puts.push([path, sent]);
  const [status, body] = (path.includes("/macros") && macroOf(sent)) || (path.includes("/rules") && ruleOf(sent)) || (answers.shift() ?? [200, {}]);
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
});
const { default: RuleEditor } = await import("./RuleEditor.svelte");
const { session } = await import("../../store/session.svelte");
const { staff } = await import("../../store/team.svelte");
const { toasts } = await import("../../store/toasts.svelte");

const on = { name: "on", kind: "choice", choices: ["person_wrote"] };
const schema = {
  whens: [{ tag: "happened", inputs: [on] }],
  fields: [{ field: "message.text", ops: ["contains_any"], kind: "words" }],
  actions: [{ tag: "prioritise", inputs: [{ name: "priority", kind: "number" }] }, { tag: "note", inputs: [{ name: "text", kind: "text", most: 1000 }] }],
  deepest: 3,
} as unknown as RuleSchema;
let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  rule = kept = null;
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});

function begin(one: object | null = null, macro: object | null = null): void {
  shown = mount(RuleEditor as unknown as Component, { target: document.body, props: { open: true, one, macro, schema } });
}
async function press(words: string): Promise<void> {
  const find = (): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === words);
  await vi.waitFor(() => expect(find()).toBeDefined());
  find()?.click();
}
const alerts = (): (string | undefined)[] => [...document.querySelectorAll("[role=alert]")].map((one) => one.textContent);

test("a new rule whose condition has no words yet says so at the condition, until they are there", async () => {
  begin();
  answers = [[400, EMPTY], [200, RESULT]];
  await press("Try on the last 7 days");
  await vi.waitFor(() => expect(alerts()).toEqual(["Something is still missing here."]));
  const words = document.querySelector<HTMLInputElement>("[placeholder^='Words, by commas']");
  expect(document.querySelector("[role=alert]")?.parentElement?.contains(words)).toBe(true);
  expect(toasts.all).toEqual([]);

  if (words) words.value = "refund";
  words?.dispatchEvent(new Event("change", { bubbles: true }));
  await vi.waitFor(() => expect(alerts()).toEqual([]));
  await press("Try on the last 7 days");
  await vi.waitFor(() => expect(document.body.textContent).toContain("It would have run 2 times in 1 of 3 cases."));
});

test("what a saved rule is refused for stands at its action, and the form stays", async () => {
  begin({ id: 1, name: "Note", definition: { when: { kind: "happened", on: "person_wrote" }, condition: { kind: "all", parts: [] }, then: [{ do: "prioritise", priority: 1 }, { do: "note", text: "" }], most_per_case: 5, most_in_all: 500 } });
  answers = [[400, { ...EMPTY, field: "definition.then[1].text" }]];
  await press("Save");
  await vi.waitFor(() => expect(alerts()).toEqual(["Something is still missing here."]));
  expect(document.querySelector("[role=alert]")?.parentElement?.querySelector("textarea")).not.toBeNull();

  answers = [[200, { ...RESULT, faults: [{ field: "then[0]", sentence: "The actions set the priority twice.", is_warning: false }, { field: "condition", sentence: "It is always so.", is_warning: true }] }]];
  await press("Try on the last 7 days");
  await vi.waitFor(() => expect(alerts()).toEqual(["The actions set the priority twice."]));
  expect(document.body.textContent).toContain("It is always so.");
  expect(document.body.textContent).not.toContain("It would have run");
});

test("a macro is changed as its actions alone, says at which it was refused, and is not saved over what somebody made of it meanwhile", async () => {
  const then = [{ do: "prioritise", priority: 1 }, { do: "note", text: "" }];
  begin(null, { id: 9, name: "Bonus", reach: "team", team_id: 4, actions: then, changed_at: "2026-03-04T05:06:07Z", may_change: true });
  answers = [[400, { ...EMPTY, field: "actions[1].text" }], [200, { macros: [] }]];
  await press("Save");
  await vi.waitFor(() => expect(alerts()).toEqual(["Something is still missing here."]));
  expect(document.querySelector("[role=alert]")?.parentElement?.querySelector("textarea")).not.toBeNull();
  expect([...document.querySelectorAll("h3")].map((one) => one.textContent)).toEqual(["Then"]);
  expect(puts.at(-1)).toEqual(["/api/v1/macros/9", { name: "Bonus", reach: "team", team_id: 4, actions: then, expect_changed_at: "2026-03-04T05:06:07Z" }]);

  kept = { id: 9, name: "Bonus 2", reach: "team", team_id: 4, actions: [{ do: "note", text: "Be kind" }], changed_at: "2026-03-04T06:00:00Z", may_change: true };
  await press("Save");
  await vi.waitFor(() => expect(alerts()).toEqual([expect.stringMatching(/“Bonus 2”: .*Be kind/)]));
  expect(kept).toMatchObject({ name: "Bonus 2" });
  await press("Save");
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(kept).toMatchObject({ name: "Bonus", team_id: 4, actions: then });
});

test("a macro that was saved, though nobody heard so, is saved", async () => {
  const macro = { id: 9, name: "Bonus", reach: "shared", team_id: null, actions: [{ do: "prioritise", priority: 1 }], changed_at: "2026-03-04T05:06:07Z", may_change: true };
  begin(null, macro);
  kept = { ...macro, changed_at: "2026-03-04T05:06:08Z" };
  await press("Save");
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(kept.changed_at).toBe("2026-03-04T05:06:08Z");
});

test("who makes no rules makes macros for themselves and for their own teams", async () => {
  session.me = { permissions: ["cases.change"], agent: { id: 2 } } as unknown as Me;
  staff.teams = [{ id: 4, name: "Payments", member_ids: [2] }, { id: 5, name: "KYC", member_ids: [3] }] as unknown as Team[];
  begin(null, { id: 0, name: "", reach: "personal", team_id: null, actions: [], changed_at: "", may_change: true });
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("New macro"));
  expect([...document.querySelectorAll(".name option")].map((one) => one.textContent)).toEqual(["Only me", "Payments"]);
  const put = (found: string, value: string, told: string): void => {
    const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(`.name ${found}`);
    if (field) field.value = value;
    field?.dispatchEvent(new Event(told, { bubbles: true }));
  };
  put("input", "Refund", "input");
  put("select", "4", "change");
  answers = [[201, {}], [200, { macros: [] }]];
  await press("Save");
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(puts.at(-1)).toEqual(["/api/v1/macros", { name: "Refund", reach: "team", team_id: 4, actions: [{ do: "prioritise", priority: 1 }] }]);
  expect(toasts.all.at(-1)?.text).toContain("Kept as a macro");
});

test("for whom somebody made a macro meanwhile it stays, unless that was changed here", async () => {
  session.me = { permissions: ["rules.change"], agent: { id: 2 } } as unknown as Me;
  staff.teams = [{ id: 4, name: "Payments", member_ids: [] }] as unknown as Team[];
  const macro = { id: 9, name: "Bonus", reach: "shared", team_id: null, actions: [{ do: "prioritise", priority: 1 }], changed_at: "2026-03-04T05:06:07Z", may_change: true };
  kept = { ...macro, reach: "team", team_id: 4, changed_at: "2026-03-04T05:06:08Z" };
  begin(null, macro);
  await press("Save");
  await vi.waitFor(() => expect(alerts()).toEqual([expect.stringContaining("changed it meanwhile")]));
  await press("Save");
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(kept).toMatchObject({ reach: "team", team_id: 4, changed_at: "2026-03-04T05:06:08Z+" });
});

test("a rule is not saved over a newer version before that was read, and what was typed stays", async () => {
  const definition = { when: { kind: "happened", on: "person_wrote" }, condition: { kind: "all", parts: [] }, then: [{ do: "prioritise", priority: 1 }], most_per_case: 5, most_in_all: 500 };
  const one = { id: 1, name: "Note", version: 4, definition };
  rule = { ...one, name: "Theirs", version: 5, saved_by: "Ida", definition: { ...definition, then: [{ do: "note", text: "Be kind" }] } };
  begin(one);
  await vi.waitFor(() => expect(document.querySelector<HTMLInputElement>(".name input")).not.toBeNull());
  const name = document.querySelector<HTMLInputElement>(".name input") as HTMLInputElement;
  name.value = "Mine";
  name.dispatchEvent(new Event("input", { bubbles: true }));
  await press("Save");
  await vi.waitFor(() => expect(alerts()).toEqual([expect.stringMatching(/changed it meanwhile.*“Theirs”: .*Be kind/)]));
  expect([name.value, rule.version]).toEqual(["Mine", 5]);
  await press("Save");
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(rule).toMatchObject({ name: "Mine", version: 6, definition });
});

test("a rule that was saved, though nobody heard so, is saved", async () => {
  const one = { id: 1, name: "Note", version: 4, definition: { when: { kind: "happened", on: "person_wrote" }, condition: { kind: "all", parts: [] }, then: [{ do: "prioritise", priority: 1 }], most_per_case: 5, most_in_all: 500 } };
  rule = { ...one, version: 5 };
  begin(one);
  await press("Save");
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(rule.version).toBe(5);
});

test("of a rule that somebody changed it is said which parts, though they kept its actions and its name", async () => {
  const definition = { when: { kind: "happened", on: "person_wrote" }, condition: { kind: "all", parts: [] }, then: [{ do: "prioritise", priority: 1 }], most_per_case: 5, most_in_all: 500 };
  const one = { id: 1, name: "Note", version: 4, definition };
  const condition = { kind: "all", parts: [{ kind: "field", field: "message.text", op: "contains_any", value: ["refund"] }] };
  rule = { ...one, version: 5, saved_by: "Ida", definition: { ...definition, condition, most_per_case: 2 } };
  begin(one);
  await vi.waitFor(() => expect(document.querySelector<HTMLInputElement>(".name input")).not.toBeNull());
  await press("Save");
  await vi.waitFor(() => expect(alerts()).toEqual([expect.stringMatching(/They changed: If all of this is so; Stop it after .* \(on one case: 2\)$/)]));

  // What is other by this form alone is not theirs.
  const limit = document.querySelector<HTMLInputElement>("input[max='100']");
  if (limit) limit.value = "9";
  limit?.dispatchEvent(new Event("change", { bubbles: true }));
  rule = { ...rule, version: 6, definition: { ...definition, then: [{ do: "prioritise", priority: 3 }] } };
  await press("Save");
  await vi.waitFor(() => expect(alerts()).toEqual([expect.stringMatching(/They changed: Then$/)]));
  expect(rule.version).toBe(6);
});
