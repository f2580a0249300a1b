// @vitest-environment happy-dom
// Who sees a case: what may be chosen, who is named before they lose sight of it, and the way back.
import { mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Case, Me } from "../../shared/api-types";
import { oneCase } from "../store/samples";

const sent: Record<string, unknown>[] = [];
let answers: [number, object][] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method !== "POST") return new Response(JSON.stringify(session.me), { status: 200, headers: { "Content-Type": "application/json" } });
  sent.push((await request.json()) as Record<string, unknown>);
  const [status, body] = answers.shift() ?? [500, {}];
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
});
const { default: CaseClass } = await import("./CaseClass.svelte");
const { session } = await import("../store/session.svelte");
const { toasts } = await import("../store/toasts.svelte");

let shown: Record<string, unknown> | undefined;
beforeEach(() => void (sent.length = 0));
afterEach(async () => {
  toasts.forget();
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});

function begin(permissions: string[], access_classes: string[], changes: Partial<Case> = {}): Case {
  session.me = { permissions, access_classes, agent: { id: 1, settings: {} } } as unknown as Me;
  const one = { ...oneCase(5), revision: 3, ...changes };
  shown = mount(CaseClass, { target: document.body, props: { open: true, one } });
  return one;
}
const radios = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("[type=radio]")];
const open = (): string[] => radios().filter((one) => !one.disabled).map((one) => one.value);
function choose(wanted: string): void {
  radios().find((one) => one.value === wanted)?.click();
}
async function press(words: string): Promise<void> {
  const find = (): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === words && !one.disabled);
  await vi.waitFor(() => expect(find()).toBeDefined());
  find()?.click();
}

test("who would lose sight of the case is named, and only who says so all the same restricts it", async () => {
  const one = begin(["cases.change", "cases.classify"], ["normal"], { owner: { id: 2, name: "Bo" }, team_id: 4 });
  await vi.waitFor(() => expect(open()).toEqual(["normal", "fraud", "kyc", "legal"]));
  answers = [[409, { code: "would_lose_sight", agents: "Bo, Sue", revision: 7 }], [200, { ...one, access_class: "fraud", owner: null }]];
  choose("fraud");
  await press("Save");
  await vi.waitFor(() => expect(document.querySelector("[role=alert]")?.textContent).toContain("Bo, Sue would no longer see this case."));
  expect(sent).toEqual([{ access_class: "fraud", may_lose_sight: false, expect_revision: null }]);
  await press("Restrict it anyway");
  await vi.waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(sent[1]).toEqual({ access_class: "fraud", may_lose_sight: true, expect_revision: 7 });
  expect(toasts.all.map((each) => [each.text, each.action])).toEqual([["You no longer see case 5.", undefined]]);
});

test("another choice is asked about anew", async () => {
  begin(["cases.change", "cases.classify"], ["normal"]);
  await vi.waitFor(() => expect(radios().length).toBe(4));
  answers = [[409, { code: "would_lose_sight", agents: "Sue" }], [409, { code: "would_lose_sight", agents: "Sue" }]];
  choose("fraud");
  await press("Save");
  await vi.waitFor(() => expect(document.body.textContent).toContain("Restrict it anyway"));
  choose("kyc");
  await press("Save");
  await vi.waitFor(() => expect(sent.length).toBe(2));
  expect(sent[1]).toEqual({ access_class: "kyc", may_lose_sight: false, expect_revision: null });
});

test("a yes is for those who were named: of a case that somebody else has by now they are named anew", async () => {
  begin(["cases.change", "cases.classify"], ["normal"], { owner: { id: 2, name: "Bo" } });
  await vi.waitFor(() => expect(radios().length).toBe(4));
  const named = (agents: string, revision: number): [number, object] => [409, { code: "would_lose_sight", agents, revision }];
  answers = [named("Bo", 7), [409, { code: "moved_on", revision: 8 }], named("Cy", 8), [200, { ...oneCase(5), access_class: "fraud" }]];
  choose("fraud");
  await press("Save");
  await press("Restrict it anyway");
  await vi.waitFor(() => expect(document.querySelector("[role=alert]")?.textContent).toContain("Cy would no longer see this case."));
  expect(sent.map((one) => [one.may_lose_sight, one.expect_revision])).toEqual([[false, null], [true, 7], [false, null]]);
  await press("Restrict it anyway");
  await vi.waitFor(() => expect(sent[3]).toEqual({ access_class: "fraud", may_lose_sight: true, expect_revision: 8 }));
});

test("what is still seen can be taken back, with the owner and team that it cost", async () => {
  const one = begin(["cases.change", "cases.classify"], ["normal", "fraud"], { owner: { id: 2, name: "Bo" }, team_id: 4 });
  await vi.waitFor(() => expect(radios().length).toBe(4));
  const made = { ...one, access_class: "fraud", owner: null, team_id: null, revision: 4 };
  answers = [[200, made], [200, one], [409, { code: "no_room" }]];
  choose("fraud");
  await press("Save");
  await vi.waitFor(() => expect(toasts.all.at(-1)?.text).toBe("Who sees case 5 now: Fraud"));
  toasts.all.at(-1)?.action?.run();
  await vi.waitFor(() => expect(sent.length).toBe(3));
  expect(sent.slice(1)).toEqual([
    { access_class: "normal", may_lose_sight: true, expect_revision: 4 },
    { team_id: 4, owner_id: 2, expect_nobody: true },
  ]);
  // It is open to all again, and who has it says why it is not theirs.
  await vi.waitFor(() => expect(toasts.all.at(-1)?.text).not.toContain("Who sees case"));
});

test("an agent restricts among those who see what they see, and opens nothing", async () => {
  begin(["cases.change"], ["fraud", "normal"]);
  await vi.waitFor(() => expect(open()).toEqual(["normal", "fraud"]));
  expect(document.body.textContent).toContain("Another choice is a supervisor’s.");
  if (shown) await unmount(shown);
  document.body.replaceChildren();
  begin(["cases.change"], ["fraud", "normal"], { access_class: "fraud" });
  await vi.waitFor(() => expect(open()).toEqual(["fraud"]));
});
