// @vitest-environment happy-dom
// What was guessed of a danger is corrected below the head: also what a supervisor named by a slip of the thumb.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Finding, Me } from "../../shared/api-types";
import { AT, oneCase } from "../store/samples";

const said: unknown[] = [];
let found: Partial<Finding>[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method === "POST") said.push(await request.json());
  const body = request.method === "POST" ? { ...found[0], correction: { is_urgent: false, at: AT } } : { findings: found, topics: [] };
  return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
});
const { desk } = await import("../store/desk.svelte");
const { session } = await import("../store/session.svelte");
const Guess = (await import("./Guess.svelte")).default;

const of = (correction: object | null): Partial<Finding> => ({ message_id: 5, case_id: 3, danger: "self_harm", danger_confidence: 1, topic_id: null, topic: null, emotion: "neutral", words: [], at: AT, correction, page: null }) as unknown as Partial<Finding>;
const buttons = (): string[] => [...document.querySelectorAll(".tools button")].map((one) => one.textContent.trim());
const settled = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve));
  flushSync();
};
let shown: Record<string, unknown>;
async function show(finding: Partial<Finding>): Promise<void> {
  session.me = { agent: { id: 1, settings: {} }, permissions: ["cases.change"] } as unknown as Me;
  found = [finding];
  shown = mount(Guess, { target: document.body, props: { one: oneCase(3) } });
  flushSync();
  await settled();
}

afterEach(async () => {
  await unmount(shown);
  desk.end();
});

test("a danger that was guessed is right, or not urgent", async () => {
  await show(of(null));
  expect(buttons()).toEqual(["That is right", "Not urgent"]);
});

test("a danger that an agent named or confirmed can be taken back, and is not confirmed once more", async () => {
  await show(of({ is_urgent: true, at: AT }));
  expect(buttons()).toEqual(["Not urgent"]);
  document.querySelector<HTMLElement>(".tools button")?.click();
  await settled();
  await settled();
  expect(said).toEqual([{ is_urgent: false }]);
  expect(document.querySelector(".guess")).toBeNull();
});
