// Choices made quickly one after another all hold, and who wants nothing shown is shown nothing.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import { message, row } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox/open", search: "" });
vi.stubGlobal("document", { visibilityState: "hidden", hasFocus: () => false, documentElement: { lang: "en" } });
vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("removeEventListener", () => undefined);
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("BroadcastChannel", undefined);
const told: string[][] = [];
vi.stubGlobal(
  "Notification",
  class {
    static permission = "granted";
    constructor(title: string, { body }: { body: string }) {
      told.push([title, body]);
    }
    close(): void {}
  },
);
let rung = 0;
vi.stubGlobal(
  "AudioContext",
  class {
    currentTime = 0;
    resume = (): Promise<void> => Promise.resolve();
    createGain = () => ((rung += 1), { gain: {}, connect: () => undefined });
    createOscillator = () => ({ frequency: {}, connect: () => undefined, start: () => undefined, stop: () => undefined });
  },
);
let kept: Record<string, unknown>;
const me = (): Me => ({ agent: { id: 1, settings: kept }, csrf_token: "", permissions: [] }) as unknown as Me;
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method === "PATCH") kept = ((await request.json()) as { settings: typeof kept }).settings;
  const body = request.url.includes("/index") ? { ids: [] } : me();
  return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
});
const { notifier } = await import("./notifier.svelte");
const { OWN_CHOICES, writeAlerts } = await import("./alerts");
const { session } = await import("./session.svelte");

beforeEach(() => {
  kept = { keys: { a: "b" } };
  session.me = me();
  told.length = 0;
  rung = 0;
});
afterEach(() => void vi.useRealTimers());

test("of two quick choices both hold, beside what another device chose", async () => {
  kept = { ...kept, alerts: writeAlerts({ ...OWN_CHOICES, hasSound: false }) };
  await Promise.all([notifier.change({ kinds: { mine: false } }), notifier.change({ kinds: { mention: false } }), notifier.change({ showsText: false })]);
  expect(notifier.choices).toEqual({ ...OWN_CHOICES, kinds: { assigned: true, mention: false, mine: false, watched: true, due: true }, hasSound: false, showsText: false });
  expect(kept.keys).toEqual({ a: "b" });
});

test.each([
  [true, ["Ana", "Bo mentioned you\nLook at this"]],
  [false, ["Something new at the desk", ""]],
])("who is named in a note reads who and what if they want it: %s", async (showsText, expected) => {
  kept = { alerts: writeAlerts({ ...OWN_CHOICES, isOn: true, hasSound: false, showsText }) };
  session.me = me();
  vi.useFakeTimers();
  const end = notifier.begin();
  const note = message(5, { direction: "note", text: "Look at this", author: { kind: "agent", id: 2, name: "Bo" }, mentions: [1] });
  notifier.take({ type: "event", position: 1, person_id: 1, kind: "message.created", message: note, row: row() } as Parameters<typeof notifier.take>[0]);
  vi.advanceTimersByTime(1000);
  end();
  expect(told).toEqual([expected]);
});

test("a danger is told in quiet hours, as such, and nothing else is", () => {
  kept = { alerts: writeAlerts({ ...OWN_CHOICES, isOn: true, hasSound: false, quiet: { from: "00:00", until: "23:59" } }) };
  session.me = me();
  vi.useFakeTimers({ now: new Date("2026-03-04T03:00:00") });
  const end = notifier.begin();
  const take = (changes: Parameters<typeof message>[1]): void => {
    notifier.take({ type: "event", position: 1, person_id: 1, kind: "message.created", message: message(5, changes), row: row({ subject: "Refund" }) } as Parameters<typeof notifier.take>[0]);
    vi.advanceTimersByTime(1000);
  };
  const danger = { direction: "event" as const, event: { event: "danger_told", danger: "duress", told: [1] } };
  take({ direction: "note", author: { kind: "agent", id: 2, name: "Bo" }, mentions: [1] });
  expect(told).toEqual([]);
  take(danger);
  take(danger);
  end();
  expect(told).toEqual([1, 2].map(() => ["Ana", "May need help now\nRefund"]));
});

describe("a danger", () => {
  const DANGER = { direction: "event" as const, event: { event: "danger_told", danger: "duress", told: [1] } };
  const SAID = { direction: "note" as const, text: "Hello", author: { kind: "agent" as const, id: 2, name: "Bo" }, mentions: [1] };
  const take = (personId: number, changes: Parameters<typeof message>[1]): void =>
    notifier.take({ type: "event", position: 1, person_id: personId, kind: "message.created", message: message(5, { person_id: personId, ...changes }), row: row({ person_id: personId, display_name: `P${personId}`, subject: "Refund" }) } as Parameters<typeof notifier.take>[0]);
  function begin(kinds: Partial<typeof OWN_CHOICES.kinds> = {}, isOn = true): () => void {
    kept = { alerts: writeAlerts({ ...OWN_CHOICES, kinds: { ...OWN_CHOICES.kinds, ...kinds }, isOn, hasSound: false }) };
    session.me = me();
    vi.useFakeTimers();
    return notifier.begin();
  }

  test("is not covered by what the same person says next, until it was looked at", () => {
    const end = begin();
    take(1, DANGER);
    take(1, SAID);
    vi.advanceTimersByTime(1000);
    take(1, SAID);
    vi.advanceTimersByTime(1000);
    notifier.take({ type: "event", position: 2, person_id: 1, kind: "read.changed", row: row({ person_id: 1, unread: false }) } as unknown as Parameters<typeof notifier.take>[0]);
    take(1, SAID);
    vi.advanceTimersByTime(1000);
    end();
    expect(told).toEqual([["P1", "May need help now\nRefund"], ["P1", "May need help now\nRefund"], ["P1", "Bo mentioned you\nHello"]]);
  });

  test("stands for itself, however many others come with it", () => {
    const end = begin();
    for (const id of [1, 2, 3, 4, 5]) take(id, id < 5 ? SAID : DANGER);
    vi.advanceTimersByTime(1000);
    for (const id of [11, 12, 13, 14]) take(id, DANGER);
    vi.advanceTimersByTime(1000);
    end();
    const dangers = [5, 11, 12, 13, 14].map((id) => [`P${id}`, "May need help now\nRefund"]);
    expect(told).toEqual([["4 new messages", expect.stringContaining("P1")], ...dangers]);
  });

  test.each([
    ["granted", [["P1", "May need help now\nRefund"]]],
    ["default", []],
  ] as const)("rings for who chose neither notifications nor sound, and is shown where the browser may: %s", (permission, expected) => {
    Object.assign(Notification, { permission });
    const end = begin({}, false);
    take(2, SAID);
    vi.advanceTimersByTime(1000);
    expect([told, rung]).toEqual([[], 0]);
    take(1, DANGER);
    vi.advanceTimersByTime(1000);
    end();
    Object.assign(Notification, { permission: "granted" });
    expect([told, rung]).toEqual([expected, 1]);
  });

  test("is told to who wants to hear of no note either", () => {
    const end = begin({ mention: false });
    take(1, SAID);
    take(1, DANGER);
    vi.advanceTimersByTime(1000);
    end();
    expect(told).toEqual([["P1", "May need help now\nRefund"]]);
  });
});
