// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const NOW = Date.parse("2026-05-20T10:00:00Z");
const OFFER = {
  case_id: 7, person_id: 3, person_name: "Ana", subject: "", priority: 2,
  waiting_since: "2026-05-20T09:40:00Z", until: "2026-05-20T10:01:00Z",
};
let offered: (typeof OFFER)[] = [];
let availability = "online";
let refusal: { status: number; code: string } | null = null;
const asked: string[] = [];

/** A desk that answers as the server does. */
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  asked.push(`${request.method} ${path}`);
  if (request.method !== "GET" && refusal) {
    return new Response(JSON.stringify({ code: refusal.code, detail: "No." }), { status: refusal.status, headers: { "Content-Type": "application/json" } });
  }
  if (request.method === "PUT") availability = ((await request.json()) as { availability: string }).availability;
  if (request.method === "POST") {
    offered = [];
    return new Response(null, { status: 204 });
  }
  const answer = path.endsWith("/assignments")
    ? { steps: [{ step: "offered", because: "last_owner", agent_id: 0 }] }
    : { desk: { agent_id: 1, name: "Bo", availability, set_by: "agent", since: null, load: 0, capacity: null, skills: {} }, offers: offered };
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { desk } = await import("./desk.svelte");
const { pagePlace } = await import("./place.svelte");
const { queue } = await import("./queue.svelte");
const { toasts } = await import("./toasts.svelte");
let stop: () => void;
const offers = (): number[] => (queue.own?.offers ?? []).map((one) => one.case_id);
const notices = (): string[] => toasts.all.map((one) => one.text);
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW });
  offered = [OFFER];
  availability = "online";
  refusal = null;
  stop = queue.begin();
  await settle();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  toasts.all = [];
  asked.length = 0;
});

test("an offer stands with its reason, and goes with a notice when its time has run out", async () => {
  expect(offers()).toEqual([7]);
  expect(queue.because.get(7)).toBe("last_owner");
  offered = [];
  await vi.advanceTimersByTimeAsync(59_000);
  expect(offers()).toEqual([7]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(offers()).toEqual([]);
  expect(notices()).toEqual(["The time to accept Ana has run out"]);
});

test("an offer that still runs by the server's clock stays, and is asked for again", async () => {
  await vi.advanceTimersByTimeAsync(61_000);
  expect(offers()).toEqual([7]);
  offered = [];
  await vi.advanceTimersByTimeAsync(2_000);
  expect(offers()).toEqual([]);
});

const tell = (kind: string): void => desk.take({ kind } as Parameters<typeof desk.take>[0]);

test("an offer that was taken away goes with a notice, and many changes at once are asked for once", async () => {
  offered = [];
  asked.length = 0;
  for (let n = 0; n < 5; n += 1) tell("desk.changed");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(["GET /desk"]);
  expect(notices()).toEqual(["Ana is not offered to you any more"]);
});

test("a queue that moves all the time is asked for now and then, not each time", async () => {
  offered = [{ ...OFFER, until: "2026-05-20T11:00:00Z" }];
  await queue.load();
  asked.length = 0;
  for (let n = 0; n < 100; n += 1) {
    tell("queue.changed");
    await vi.advanceTimersByTimeAsync(200);
  }
  await vi.advanceTimersByTimeAsync(6_000);
  expect(asked.length).toBeGreaterThanOrEqual(4);
  expect(asked.length).toBeLessThanOrEqual(6);
});

test("accepting opens the conversation, and tells of no offer that went", async () => {
  await queue.accept(OFFER);
  expect(location.pathname).toBe("/inbox/mine/3");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(offers()).toEqual([]);
  expect(notices()).toEqual([]);
});

test("an acceptance that comes too late opens nothing, and takes the offer away with one notice", async () => {
  pagePlace.go("/inbox/open");
  refusal = { status: 409, code: "offer_over" };
  offered = [];
  await queue.accept(OFFER);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(location.pathname).toBe("/inbox/open");
  expect(offers()).toEqual([]);
  expect(notices()).toEqual(["Ana is not offered to you any more"]);
});

test("an answer that did not arrive leaves the offer where it is", async () => {
  refusal = { status: 503, code: "away" };
  await queue.decline(OFFER);
  expect(offers()).toEqual([7]);
  expect(notices()).toEqual(["No."]);
});

test("an availability is shown at once, and taken back where it is refused", async () => {
  refusal = { status: 403, code: "forbidden" };
  const setting = queue.set("away");
  expect(queue.own?.desk.availability).toBe("away");
  await setting;
  expect(queue.own?.desk.availability).toBe("online");
  expect(notices()).toEqual(["No."]);
  refusal = null;
  await queue.set("busy");
  expect(queue.own?.desk.availability).toBe("busy");
});
