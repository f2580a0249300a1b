// @vitest-environment happy-dom
// What the desk could not be told, or did not take, stands in nobody's way once it is there again.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KeptDraft, Me } from "../../shared/api-types";
import { message } from "./samples";

const asked: string[] = [];
let answer: (request: Request) => Promise<Response> | Response;
vi.stubGlobal("fetch", (request: Request) => {
  asked.push(`${request.method} ${new URL(request.url).pathname.replace("/api/v1/conversations/7/", "")}`);
  return Promise.resolve(answer(request));
});
const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const draft = (text: string, revision = text ? 1 : 0): KeptDraft => ({ text, options: {}, files: [], revision });

const { drafts } = await import("./drafts.svelte");
const { outbox } = await import("./outbox.svelte");
const { session } = await import("./session.svelte");
const shown = (): string => drafts.of(7, "reply").text;

async function begin(text: string): Promise<void> {
  answer = ({ url }) => json(draft(url.endsWith("reply") ? text : ""));
  await drafts.open(7, true);
  asked.length = 0;
}

function write(key = "k1"): void {
  outbox.send({ key, personId: 7, body: { client_key: "", kind: "reply", text: "sent" }, attachments: [], accountId: 1, channel: "telegram", shownAs: "" });
}

async function refused(key: string): Promise<void> {
  answer = () => json({ code: "moved_on", detail: "", last_message_id: 3 }, 409);
  write(key);
  await vi.waitFor(() => expect(outbox.all[0]?.state).toBe("moved_on"));
  asked.length = 0;
}

beforeEach(() => {
  vi.useFakeTimers();
  session.me = { agent: { id: 1 } } as Me;
});
afterEach(() => {
  drafts.forget();
  outbox.forget();
  localStorage.clear();
  asked.length = 0;
  vi.useRealTimers();
});

test("what could not be saved is tried again before an answer is taken back", async () => {
  await begin("");
  answer = () => Promise.reject(new TypeError("Failed to fetch"));
  drafts.write(7, "reply", { text: "Typed since" });
  await vi.advanceTimersByTimeAsync(600);
  answer = ({ method }) => (method === "PUT" ? json({ revision: 1 }) : json({}));
  await drafts.change(7, "reply", () => Promise.resolve({ person_id: 7, draft: draft("Recalled\n\nTyped since", 2) }));
  expect(asked).toEqual(["PUT drafts/reply", "PUT drafts/reply"]);
  expect(shown()).toBe("Recalled\n\nTyped since");
});

test("what could not be saved is saved once the desk is there again", async () => {
  await begin("");
  answer = () => Promise.reject(new TypeError("Failed to fetch"));
  drafts.write(7, "reply", { text: "Typed in the dark" });
  await vi.advanceTimersByTimeAsync(600);
  answer = () => json({ revision: 1 });
  drafts.retry();
  await vi.advanceTimersByTimeAsync(600);
  expect(asked).toEqual(["PUT drafts/reply", "PUT drafts/reply"]);
  drafts.retry();
  await vi.advanceTimersByTimeAsync(600);
  expect(asked).toHaveLength(2);
});

test("what waits behind one that needs a decision says so, and goes out once that is sent", async () => {
  await refused("k1");
  write("k2");
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toEqual([]);
  expect(outbox.all.map((one) => outbox.isBehind(one))).toEqual([false, true]);
  answer = () => json(message(5));
  outbox.sendAnyway("k1");
  await vi.waitFor(() => expect(outbox.all).toEqual([]));
  expect(asked).toEqual(["POST messages", "POST messages"]);
});

test("what was written after one that is taken back is left to its agent, and holds up nothing", async () => {
  await refused("k1");
  write("k2");
  write("k3");
  answer = () => json(message(5));
  outbox.takeBack("k1");
  await vi.advanceTimersByTimeAsync(10);
  expect(outbox.all.map(({ key, state }) => [key, state])).toEqual([["k2", "left"], ["k3", "left"]]);
  write("k4");
  await vi.waitFor(() => expect(outbox.all.map(({ key }) => key)).toEqual(["k2", "k3"]));
  outbox.retry("k2");
  await vi.waitFor(() => expect(outbox.all.map(({ key }) => key)).toEqual(["k3"]));
  expect(asked).toEqual(["POST messages", "POST messages"]);
});

test("what was written after one that waits for a second agent is left to its agent", async () => {
  await refused("k1");
  write("k2");
  answer = () => json({ id: 1 });
  await outbox.askSecond("k1");
  await vi.advanceTimersByTimeAsync(10);
  expect(outbox.all.map(({ key, state }) => [key, state])).toEqual([["k2", "left"]]);
  expect(asked).toEqual(["POST approvals"]);
});

test("what the server joined of two drafts stands where one looks, and of the other nothing is kept", async () => {
  const theirs = (): unknown => localStorage.getItem("onethread.draft.1.8/reply");
  await begin("to Ana");
  answer = ({ url }) => json(draft(url.endsWith("reply") ? "to Bo" : ""));
  await drafts.open(8, true);
  expect([drafts.of(8, "reply").text, theirs() !== null]).toEqual(["to Bo", true]);
  answer = ({ url }) => json(draft(url.endsWith("reply") ? "to Ana\n\nto Bo" : "", 2));
  drafts.regroup([7, 8], 7);
  expect([shown(), drafts.of(8, "reply").text, theirs()]).toEqual(["to Ana", "", null]);
  await vi.waitFor(() => expect(shown()).toBe("to Ana\n\nto Bo"));
  await drafts.open(8, true);
  expect(drafts.of(8, "reply").text).toBe("to Ana\n\nto Bo");
});

test("what is not saved when persons are joined is saved at once, and stays", async () => {
  await begin("to Ana");
  drafts.write(8, "reply", { text: "just typed" });
  answer = ({ method }) => (method === "PUT" ? json({ revision: 1 }) : json(draft("")));
  drafts.regroup([7, 8], 7);
  await vi.advanceTimersByTimeAsync(10);
  expect([asked.filter((one) => one.startsWith("PUT")).length, drafts.of(8, "reply").text]).toEqual([1, "just typed"]);
});
