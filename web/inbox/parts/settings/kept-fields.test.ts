// @vitest-environment happy-dom
// When a promise is near, how long an approval is waited for, and when a token ends are said on the page.
import { mount, tick, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Me, PlanInForce } from "../../../shared/api-types";

const POLICY = { amounts: [{ above: 1000 }], snippet_ids: [], hours: 8, revision: 4 };
const PLAN = { policies: [{ name: "All", first_reply: { minutes: 60, clock: "always" }, promise_warn_minutes: 90 }] };
let sent: Record<string, unknown>[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method !== "GET") sent.push((await request.clone().json()) as Record<string, unknown>);
  const answer = { ...POLICY, plan: PLAN, approvals: [], before: null, tokens: [], token: "ot_1", snippets: [], topics: [] };
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { session } = await import("../../store/session.svelte");
const { deadlinePlans } = await import("../../store/deadline-plan.svelte");
const { default: Approvals } = await import("./Approvals.svelte");
const { default: PolicyForm } = await import("./PolicyForm.svelte");
const { default: Tokens } = await import("./Tokens.svelte");
session.me = { agent: { id: 1 }, permissions: ["approvals.change", "tokens.change"] } as unknown as Me;

let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  if (shown) await unmount(shown);
  document.body.replaceChildren();
  sent = [];
});
const open = (page: unknown, props = {}): void => void (shown = mount(page as Component, { target: document.body, props }));
/** The input that is called so, once it is there. */
async function field(words: string): Promise<HTMLInputElement> {
  const found = (): HTMLInputElement | null => {
    const label = [...document.querySelectorAll("label")].find((one) => one.textContent === words);
    return document.querySelector<HTMLInputElement>(`#${label?.htmlFor ?? "none"}`);
  };
  await vi.waitFor(() => expect(found()).not.toBeNull());
  return found()!;
}
async function put(words: string, value: string): Promise<HTMLInputElement> {
  const into = await field(words);
  into.value = value;
  into.dispatchEvent(new Event("input", { bubbles: true }));
  await tick();
  return into;
}

test("how long before its time a promise is near stands in its policy, and is kept with the rest of it", async () => {
  deadlinePlans.inForce = { plan: PLAN, revision: 3 } as unknown as PlanInForce;
  open(PolicyForm, { open: true, at: 0 });
  const words = "What was promised is near before its time, minutes";
  await vi.waitFor(async () => expect((await field(words)).value).toBe("90"));
  await put(words, "30");
  [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === "Save")?.click();
  await vi.waitFor(() => expect(sent).toMatchObject([{ plan: { policies: [{ name: "All", promise_warn_minutes: 30 }] }, expect_revision: 3 }]));
});

test("after how many hours an answer waits no more is said and changed, and what needs one stays", async () => {
  open(Approvals);
  const words = "Goes out no more after, hours";
  expect((await field(words)).value).toBe("8");
  (await put(words, "48")).form?.requestSubmit();
  await vi.waitFor(() => expect(sent).toMatchObject([{ ...POLICY, hours: 48 }]));
});

test("a token ends with the day that is chosen, and without one never", async () => {
  open(Tokens);
  await put("Name", "Robot");
  (await put("Until (may stay empty)", "2126-03-01")).form?.requestSubmit();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(new Date(String(sent[0]?.expires_at)).toString()).toContain("Mar 01 2126 23:59:59");
  (await put("Name", "Other")).form?.requestSubmit();
  await vi.waitFor(() => expect(sent[1]).toMatchObject({ name: "Other", expires_at: null }));
});
