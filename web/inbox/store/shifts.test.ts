// A rota is saved in the place of the one that was changed, not of one that others made meanwhile.
// What many pages hear of at once, one after another reads anew.
import { beforeEach, expect, test, vi } from "vitest";
import type { PlannedShift, RotaInForce } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox", search: "" });
vi.stubGlobal("document", { getElementById: () => null, activeElement: null });
let sent: unknown = null;
let reads = 0;
/** Questions of who is on duty, each answered when the test says so. */
const waiting: ((duties: object[]) => void)[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  if (new URL(request.url, "https://desk.example").pathname.endsWith("/rota")) reads += 1;
  if (request.url.endsWith("/on-duty")) {
    const duties = await new Promise<object[]>((answer) => waiting.push(answer));
    return new Response(JSON.stringify({ duties }), { headers: { "Content-Type": "application/json" } });
  }
  if (request.method === "PUT") sent = await request.clone().json();
  return new Response(JSON.stringify({ rota: {}, revision: 8, duties: [] }), { headers: { "Content-Type": "application/json" } });
});

const { desk } = await import("./desk.svelte");
const { shifts } = await import("./shifts.svelte");
const shift = (key: string, ...agent_ids: number[]): PlannedShift => ({ key, agent_ids }) as unknown as PlannedShift;
const inForce = (revision: number, ...all: PlannedShift[]): RotaInForce => ({ revision, rota: { shifts: all } }) as unknown as RotaInForce;

beforeEach(() => {
  sent = null;
});

test("what others changed while a form stood open is refused by its revision and not undone", async () => {
  const opened = inForce(4, shift("day", 1), shift("night", 2));
  shifts.inForce = inForce(5, shift("day", 1, 3), shift("night", 9));

  await shifts.save(shifts.with(opened.rota, "day", shift("day", 7)), false, opened.revision);

  expect(sent).toEqual({ expect_revision: 4, accept: false, rota: { shifts: [shift("night", 2), shift("day", 7)] } });
});

test("three changes of the rota are read once, and not in the instant in which every page hears of them", async () => {
  await shifts.load();
  vi.useFakeTimers();
  reads = 0;
  [1, 2, 3].forEach(() => desk.take({ kind: "rota.changed" } as FeedEvent));
  await vi.advanceTimersByTimeAsync(200);
  const atOnce = reads;
  await vi.advanceTimersByTimeAsync(2500);
  vi.useRealTimers();
  expect([atOnce, reads]).toEqual([0, 1]);
});

test("who is on duty is as the last question was answered, and nobody is for who signs in next", async () => {
  const older = shifts.loadOnDuty();
  const newer = shifts.loadOnDuty();
  await vi.waitFor(() => expect(waiting).toHaveLength(2));
  waiting[1]?.([{ shift: "night" }]);
  await newer;
  waiting[0]?.([{ shift: "day" }]);
  await older;
  expect(shifts.onDuty).toEqual([{ shift: "night" }]);

  const late = shifts.loadOnDuty();
  await vi.waitFor(() => expect(waiting).toHaveLength(3));
  shifts.forget();
  waiting[2]?.([{ shift: "day" }]);
  await late;
  expect(shifts.onDuty).toBeNull();
});
