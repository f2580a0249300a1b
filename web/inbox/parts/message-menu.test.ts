// @vitest-environment happy-dom
// Supervisors name a life at risk that triage missed; of what it found nobody is asked.
import { flushSync, mount, unmount } from "svelte";
import { beforeEach, expect, test, vi } from "vitest";
import type { Finding, Me, Message } from "../../shared/api-types";
import { message } from "../store/samples";

const asked: unknown[] = [];
let found: Partial<Finding>[] = [];
const json = (body: unknown): Response => new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method === "POST") asked.push([new URL(request.url).pathname, await request.json()]);
  return json(request.method === "POST" ? { message_id: 5, case_id: 1, danger: "self_harm" } : { findings: found });
});
const { findings } = await import("../store/findings.svelte");
const { session } = await import("../store/session.svelte");
const MessageMenu = (await import("./MessageMenu.svelte")).default;

beforeEach(() => {
  asked.length = 0;
  document.body.replaceChildren();
});

async function offered(permissions: string[], one: Message, known: Partial<Finding>[] = []): Promise<HTMLElement | undefined> {
  session.me = { agent: { id: 1, settings: {} }, permissions } as unknown as Me;
  found = known;
  await findings.load(1);
  const shown = mount(MessageMenu, { target: document.body, props: { message: one, personId: 1 } });
  document.querySelector<HTMLElement>(".dots")?.click();
  await vi.waitFor(() => (flushSync(), expect(document.querySelector("[role=menuitem]")).not.toBeNull()), 5000);
  const item = [...document.querySelectorAll<HTMLElement>("[role=menuitem]")].find((each) => each.textContent.includes("Life at risk"));
  item?.click();
  await unmount(shown);
  return item;
}

test("a supervisor names it with one press", async () => {
  expect(await offered(["cases.change", "queue.change"], message(5, { case_id: 1 }))).toBeDefined();
  await vi.waitFor(() => expect(asked).toEqual([["/api/v1/messages/5/correction", { danger: "self_harm" }]]));
});

test.each([
  ["an agent", ["cases.change"], message(5), []],
  ["of what the desk said", ["cases.change", "queue.change"], message(5, { direction: "out" }), []],
  ["of what was found", ["cases.change", "queue.change"], message(5), [{ message_id: 5, case_id: 1, danger: "self_harm" as const, correction: null }]],
])("it is not offered to or of: %s", async (_, permissions, one, known) => {
  expect(await offered(permissions, one, known)).toBeUndefined();
  expect(asked).toEqual([]);
});

test("what was said to be none is named again", async () => {
  const correction = { by: { id: 2, name: "Bo" }, at: "2026-03-04T10:00:00Z", topic_id: null, topic: null, is_urgent: false };
  expect(await offered(["cases.change", "queue.change"], message(5), [{ message_id: 5, case_id: 1, danger: "self_harm", correction }])).toBeDefined();
});
