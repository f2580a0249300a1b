// What is offered back: here what was sent here, to whoever is open. And what an agent takes on by writing is never taken from a colleague.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Case, Me } from "../../shared/api-types";
import { conversation, delivery, message, oneCase } from "./samples";

const kept = new Map<string, string>();
vi.stubGlobal(
  "localStorage",
  new Proxy(
    {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    },
    { ownKeys: () => [...kept.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) },
  ),
);
vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox/open/7", search: "" });
const focused: { activeElement: unknown } = { activeElement: null };
vi.stubGlobal("document", Object.assign(focused, { getElementById: () => null }));
class Field {
  isContentEditable = true;
}
vi.stubGlobal("HTMLElement", Field);
vi.stubGlobal("history", { pushState: (_: unknown, __: string, path: string) => void (location.pathname = path) });
const asked: { path: string; body: unknown }[] = [];
let answer: (request: Request) => Response;
vi.stubGlobal("fetch", async (request: Request) => {
  const body: unknown = request.method === "POST" ? await request.clone().json() : null;
  asked.push({ path: `${request.method} ${new URL(request.url).pathname}`, body });
  return answer(request);
});
const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

const { claim } = await import("./claiming");
const { commands } = await import("./commands.svelte");
const { drafts } = await import("./drafts.svelte");
const { holds } = await import("./holds.svelte");
const { outbox } = await import("./outbox.svelte");
const { pagePlace } = await import("./place.svelte");
const { session } = await import("./session.svelte");
const { threads } = await import("./threads.svelte");
const { toasts } = await import("./toasts.svelte");

const signIn = (): void => void (session.me = { agent: { id: 5, settings: { sending: { claims: true } } }, permissions: ["cases.change"] } as unknown as Me);
const posted = () => asked.filter(({ path }) => path.endsWith("/8/messages"));
const recalled = () => asked.filter(({ path }) => path.startsWith("DELETE")).map(({ path }) => path);
/** An answer to this person that waits for ten seconds. */
function wait(id: number, personId: number): void {
  const due_at = new Date(Date.now() + 10_000).toISOString();
  holds.offer(personId, message(id, { person_id: personId, direction: "out", deliveries: [delivery(id, id, { state: "held", due_at })] }));
}

beforeEach(() => {
  vi.useFakeTimers();
  answer = () => json({ code: "too_late", detail: "" }, 409);
  pagePlace.go("/inbox/open/7");
});
afterEach(() => {
  vi.advanceTimersByTime(120_000);
  vi.useRealTimers();
  threads.clear();
  session.me = null;
  toasts.all = [];
  outbox.forget();
  kept.clear();
  asked.length = 0;
});

test("the undo key takes nothing back of another conversation than the open one", async () => {
  wait(1, 7);
  pagePlace.go("/inbox/open/8");
  expect(commands.find("undo")).toBeUndefined();
  toasts.all[0]?.action?.run();
  await vi.waitFor(() => expect(recalled()).toEqual(["DELETE /api/v1/messages/1/hold"]));
});

test("of two answers that wait the key takes back the one to whom is open, in whatever order they came", async () => {
  wait(2, 8);
  wait(1, 7);
  pagePlace.go("/inbox/open/8");
  commands.find("undo")?.();
  await vi.waitFor(() => expect(recalled()).toEqual(["DELETE /api/v1/messages/2/hold"]));
});

test("where nobody is open the key takes back what was sent last", async () => {
  wait(2, 8);
  wait(1, 7);
  pagePlace.go("/drafts");
  commands.find("undo")?.();
  await vi.waitFor(() => expect(recalled()).toEqual(["DELETE /api/v1/messages/1/hold"]));
});

test("what the key offered is over when its time is", () => {
  wait(1, 7);
  vi.advanceTimersByTime(10_001);
  expect(commands.find("undo")).toBeUndefined();
});

/** The desk takes its time to put the words back, as one that is just starting does. */
async function recallSlowly(): Promise<(draft?: object) => Promise<void>> {
  let come: (response: Response) => void = () => undefined;
  const response = new Promise<Response>((resolve) => (come = resolve));
  answer = () => response as unknown as Response;
  wait(1, 7);
  toasts.all[0]?.action?.run();
  await vi.waitFor(() => expect(recalled()).toHaveLength(1));
  return async () => {
    come(json({ person_id: 7, draft: { text: "It was this.", at: "2026-11-01T00:00:00Z", revision: 4, options: {}, attachments: [] } }));
    await vi.waitFor(() => expect(drafts.of(7, "reply").text).toBe("It was this."));
    await vi.advanceTimersByTimeAsync(10);
  };
}

test("words that come back late leave the page with whom the agent has gone to, and say where they are", async () => {
  const come = await recallSlowly();
  pagePlace.go("/inbox/open/8");
  const replied = vi.fn();
  const end = commands.lend({ reply: replied });
  await come();
  end();
  expect(location.pathname).toBe("/inbox/open/8");
  expect(replied).not.toHaveBeenCalled();
  toasts.all.at(-1)?.action?.run();
  expect(location.pathname).toBe("/inbox/open/7");
});

test("what is taken back of another conversation is gone to at once, before anything can be typed for this one", async () => {
  pagePlace.go("/inbox/open/8");
  const come = await recallSlowly();
  expect(location.pathname).toBe("/inbox/open/7");
  const replied = vi.fn();
  const end = commands.lend({ reply: replied });
  await come();
  end();
  expect(replied).toHaveBeenCalledOnce();
});

test("who types a note by then goes on typing it", async () => {
  const come = await recallSlowly();
  const replied = vi.fn();
  const end = commands.lend({ reply: replied });
  focused.activeElement = new Field();
  await come();
  end();
  focused.activeElement = null;
  expect(replied).not.toHaveBeenCalled();
});

const LEFT = "onethread.outbox.5.k2";

/** Another tab has kept it, and this one finds it there. */
function find(): void {
  const body = { client_key: "k2", kind: "reply", text: "sent" };
  kept.set(LEFT, JSON.stringify({ key: "k2", agentId: 5, personId: 8, body, attachments: [], state: "sending", at: 1 }));
  outbox.resume();
}

test("what another tab is sending is not sent by this one, too", async () => {
  let done: () => void = () => undefined;
  const theirs = navigator.locks.request("onethread.outbox.5.8", () => new Promise<void>((resolve) => (done = resolve)));
  await vi.waitFor(async () => expect((await navigator.locks.query()).held).toHaveLength(1));
  signIn();
  find();
  await vi.advanceTimersByTimeAsync(100);
  kept.delete(LEFT);
  done();
  await theirs;
  await vi.waitFor(() => expect(outbox.all).toEqual([]));
  expect(posted()).toEqual([]);
});

test("what another tab left is sent, and only what was sent here is offered back", async () => {
  const offer = vi.spyOn(holds, "offer").mockImplementation(() => undefined);
  answer = () => json({ id: 3, person_id: 8, deliveries: [] });
  signIn();
  find();
  await vi.waitFor(() => expect(kept.has(LEFT)).toBe(false));
  outbox.send({ key: "k3", personId: 8, body: { client_key: "", kind: "reply", text: "mine" }, attachments: [], accountId: 1, channel: "telegram", shownAs: "" });
  await vi.waitFor(() => expect(outbox.all).toEqual([]));
  await vi.waitFor(() => expect(offer).toHaveBeenCalled());
  expect([posted().length, offer.mock.calls.length]).toEqual([2, 1]);
  offer.mockRestore();
});

/** The agent has chosen that writing takes a case on, and this one has nobody, as far as the page knows. */
async function begin(): Promise<Case> {
  signIn();
  answer = () => json(conversation({ cases: [oneCase(1, { revision: 4 })] }));
  await threads.reload(1);
  asked.length = 0;
  return threads.find(1)!.cases[0]!;
}

test("writing takes on a case that nobody has", async () => {
  const current = await begin();
  answer = () => json(oneCase(1, { revision: 5, owner: { id: 5, name: "Me" } }));
  await claim(current);
  expect(asked).toEqual([{ path: "POST /api/v1/cases/1", body: { owner_id: 5, expect_nobody: true } }]);
  expect(threads.find(1)?.cases[0]?.owner?.id).toBe(5);
});

test("a colleague who was faster keeps the case, and it says nothing", async () => {
  const current = await begin();
  answer = () => {
    threads.change(1, (thread) => ({ ...thread, cases: [oneCase(1, { revision: 5, owner: { id: 6, name: "Cy" } })] }));
    return json({ code: "moved_on", detail: "It was changed meanwhile." }, 409);
  };
  await claim(current);
  expect(threads.find(1)?.cases[0]?.owner?.id).toBe(6);
  expect(toasts.all).toEqual([]);
});
