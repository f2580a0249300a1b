import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "./api";
import { type Asked, fakeDesk, fakeStorage } from "./fakes";
import type { Draft } from "./frames";
import { Keep } from "./keep";
import { Outbox } from "./outbox";

const KEY = "onethread:test";
let kept: Map<string, string>;
let token: string | undefined;
let sent: string[];
let held: number[];
let me: string | undefined;

function box(): Outbox {
  return new Outbox(new Api("https://desk.example/hooks/h1"), new Keep(KEY), {
    token: async () => token ?? (token = "fresh"),
    refuse: () => (token = undefined),
    changed: () => undefined,
    owns: ({ owner }) => owner === undefined || owner === me,
    sent: (draft) => sent.push(draft.client_id),
    held: (patience) => held.push(patience),
  });
}

const draft = (client_id: string): Omit<Draft, "order"> => ({ client_id, text: client_id, files: [], at: "2026-01-01T00:00:00Z" });
const said = (asked: Asked[]) => asked.map((one) => one.body?.client_id);
const ack = (asked: Asked) => ({ body: { client_id: asked.body?.client_id, seq: 1 } });

beforeEach(() => {
  vi.useFakeTimers();
  kept = fakeStorage();
  token = "secret";
  sent = [];
  held = [];
  me = undefined;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("messages go one after the other, in order", async () => {
  const asked = fakeDesk(ack);
  const outbox = box();
  for (const id of ["a", "b", "c"]) outbox.add(draft(id));
  await vi.advanceTimersByTimeAsync(10);

  expect(said(asked)).toEqual(["a", "b", "c"]);
  expect(sent).toEqual(["a", "b", "c"]);
  expect(outbox.queue).toEqual([]);
});

test("without a network they wait, and go in order with the same ids when it is back", async () => {
  let isBack = false;
  const asked = fakeDesk((one) => (isBack ? ack(one) : "unreachable"));
  const outbox = box();
  outbox.add(draft("a"));
  outbox.add(draft("b"));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(said(asked).every((id) => id === "a")).toBe(true);

  isBack = true;
  asked.length = 0;
  outbox.hurry();
  await vi.advanceTimersByTimeAsync(10);

  expect(said(asked)).toEqual(["a", "b"]);
});

test("what was not sent outlives the page", async () => {
  fakeDesk(() => "unreachable");
  box().add(draft("a"));
  await vi.advanceTimersByTimeAsync(10);

  expect(box().queue.map((one) => one.client_id)).toEqual(["a"]);
  expect(kept.size).toBe(1);
});

test("where storage is forbidden they are kept for this visit", async () => {
  vi.stubGlobal("localStorage", undefined);
  fakeDesk(() => "unreachable");
  box().add(draft("z"));

  expect(new Keep(KEY).drafts().map((one) => one.client_id)).toEqual(["z"]);
  new Keep(KEY).dropDraft("z");
});

test("a refused message is shown as failed and the next one goes", async () => {
  const asked = fakeDesk((one) =>
    one.body?.client_id === "a" ? { status: 400, body: { code: "too_long", detail: "Too long." } } : ack(one),
  );
  const outbox = box();
  outbox.add(draft("a"));
  outbox.add(draft("b"));
  await vi.advanceTimersByTimeAsync(10);

  expect(outbox.queue).toMatchObject([{ client_id: "a", failed: "Too long." }]);
  expect(sent).toEqual(["b"]);
  outbox.drop("a");
  expect(outbox.queue).toEqual([]);
  expect(asked.length).toBe(2);
});

test("told to wait, it waits as long as it was told", async () => {
  let first = true;
  const asked = fakeDesk((one) => {
    if (!first) return ack(one);
    first = false;
    return { status: 429, body: { code: "too_many" }, headers: { "Retry-After": "20" } };
  });
  const outbox = box();
  outbox.add(draft("a"));
  await vi.advanceTimersByTimeAsync(19_000);
  expect(asked.length).toBe(1);

  await vi.advanceTimersByTimeAsync(2_000);

  expect(sent).toEqual(["a"]);
});

test("a session that is over is replaced, and the message goes with the new one", async () => {
  const asked = fakeDesk((one) => (one.token === "fresh" ? ack(one) : { status: 401, body: { code: "session_over" } }));
  const outbox = box();
  outbox.add(draft("a"));
  await vi.advanceTimersByTimeAsync(3_000);

  expect(asked.map((one) => one.token)).toEqual(["secret", "fresh"]);
  expect(sent).toEqual(["a"]);
});

test("told to wait, the visitor is told so too, until it goes on", async () => {
  let first = true;
  fakeDesk((one) => {
    if (!first) return ack(one);
    first = false;
    return { status: 429, body: { code: "too_many" }, headers: { "Retry-After": "20" } };
  });
  box().add(draft("a"));
  await vi.advanceTimersByTimeAsync(10);
  expect(held).toEqual([20_000]);

  await vi.advanceTimersByTimeAsync(21_000);

  expect(held).toEqual([20_000, 0]);
});

test("two tabs never overwrite what the other keeps, and send all of it in order", async () => {
  let isBack = false;
  const asked = fakeDesk((one) => (isBack ? ack(one) : "unreachable"));
  const [left, right] = [box(), box()];
  left.add(draft("a"));
  right.add(draft("b"));
  left.add(draft("c"));
  await vi.advanceTimersByTimeAsync(10);

  isBack = true;
  asked.length = 0;
  right.hurry();
  await vi.advanceTimersByTimeAsync(10);

  expect(said(asked)).toEqual(["a", "b", "c"]);
  expect(left.queue).toEqual([]);
});

test("tabs take turns where the browser has locks", async () => {
  let turn = Promise.resolve();
  const names: string[] = [];
  const request = (name: string, work: () => Promise<void>) => {
    names.push(name);
    return (turn = turn.then(work));
  };
  vi.stubGlobal("navigator", { locks: { request } });
  const asked = fakeDesk(ack);
  const [left, right] = [box(), box()];
  left.add(draft("a"));
  right.add(draft("b"));
  await vi.advanceTimersByTimeAsync(10);

  expect(said(asked)).toEqual(["a", "b"]);
  expect(new Set(names)).toEqual(new Set([`${KEY}:outbox`]));
});

test("what somebody wrote while signed in is not sent by a page where they are not", async () => {
  const asked = fakeDesk(ack);
  new Keep(KEY).putDraft({ ...draft("mine"), owner: "session-7", order: 1 });
  const outbox = box();
  outbox.hurry();
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toEqual([]);
  expect(outbox.queue).toEqual([]);

  me = "session-7";
  outbox.hurry();
  await vi.advanceTimersByTimeAsync(10);

  expect(said(asked)).toEqual(["mine"]);
});

test("a session that the desk has forgotten is told again what the form asked, once", async () => {
  new Keep(KEY).write({ answers: { order: "7" }, areAnswersSent: true });
  const asked = fakeDesk((one) => {
    const answers = one.body?.answers as Record<string, string> | undefined;
    return answers?.order ? ack(one) : { status: 400, body: { code: "form_incomplete", detail: "Order: an answer is needed." } };
  });
  box().add(draft("a"));
  await vi.advanceTimersByTimeAsync(10);

  expect(asked.map((one) => one.body?.answers)).toEqual([undefined, { order: "7" }]);
  expect(sent).toEqual(["a"]);
});

test("without an answer to give the message stays, and says what is missing", async () => {
  const asked = fakeDesk(() => ({ status: 400, body: { code: "form_incomplete", detail: "Order: an answer is needed." } }));
  const outbox = box();
  outbox.add(draft("a"));
  await vi.advanceTimersByTimeAsync(10);

  expect(asked).toHaveLength(1);
  expect(outbox.queue.map((one) => one.failed)).toEqual(["Order: an answer is needed."]);
});
