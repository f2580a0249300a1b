import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FirstRun, Message } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { mayFinish } from "./first-steps";
import { message, row } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox/open", search: "", hash: "" });
const DONE: FirstRun = { has_workspace: true, has_account: true, has_message: true, has_answer: true, has_team: true, has_colleague: true };
let served: FirstRun = DONE;
let me = { agent: { settings: { sending: { key: "enter" } } as Record<string, unknown> } };
let asked = 0;
vi.stubGlobal("fetch", async (request: Request) => {
  const isMe = request.url.endsWith("/me");
  if (!isMe) asked += 1;
  if (request.method === "PATCH") me = { agent: (await request.json()) as typeof me.agent };
  return new Response(JSON.stringify(isMe ? me : served), { headers: { "Content-Type": "application/json" } });
});
const { firstRun } = await import("./first-run.svelte");
const { session } = await import("./session.svelte");

const said = (changes: Partial<Message> = {}): FeedEvent => ({ type: "event", position: 1, person_id: 1, kind: "message.created", message: message(1, changes), row: row() });
const answered = said({ direction: "out", author: { kind: "agent", id: 1, name: "Bo" } });

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
});
afterEach(() => vi.useRealTimers());

test("only what can finish a step that is open asks how far the desk has come", () => {
  expect(mayFinish({ ...DONE, has_colleague: false }, said())).toBe(false);
  expect(mayFinish({ ...DONE, has_answer: false }, said())).toBe(false);
  expect(mayFinish({ ...DONE, has_answer: false }, answered)).toBe(true);
  expect(mayFinish({ ...DONE, has_answer: false }, said({ direction: "out", author: { kind: "system", id: null, name: "" } }))).toBe(false);
  expect(mayFinish({ ...DONE, has_message: false }, said())).toBe(true);
  const named: FeedEvent = { type: "event", position: 1, person_id: null, kind: "workspace.changed" };
  expect(mayFinish(DONE, named)).toBe(false);
  expect(mayFinish({ ...DONE, has_workspace: false }, named)).toBe(true);
});

test("a rush of messages asks once in a while, and two lists on a page ask as one", async () => {
  served = { ...DONE, has_message: false };
  const ends = [firstRun.follow(), firstRun.follow()];
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toBe(1);
  for (let n = 0; n < 50; n += 1) firstRun.take(said());
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toBe(2);

  served = { ...DONE, has_colleague: false };
  firstRun.take(said());
  await vi.advanceTimersByTimeAsync(5000);
  expect([asked, firstRun.next?.key]).toEqual([3, "colleague"]);
  firstRun.take(said());
  firstRun.take(answered);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toBe(3);
  for (const end of ends) end();
});

test("steps that an agent has put away are neither shown nor asked for, and other settings stay", async () => {
  await firstRun.putAway();
  expect(me.agent.settings).toEqual({ sending: { key: "enter" }, first_run: "away" });
  expect(session.me?.agent.settings).toEqual(me.agent.settings);
  const end = firstRun.follow();
  await vi.advanceTimersByTimeAsync(20_000);
  expect([asked, firstRun.next]).toEqual([0, undefined]);
  end();
});
