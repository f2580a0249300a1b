import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConversationRow, Message } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { announcer } from "./announcer.svelte";
import { Lead, type Channel, type Locks } from "./lead";
import { heaped, isQuiet, alertOf, OWN_CHOICES, readAlerts, writeAlerts, type Heap, type AlertChoices } from "./alerts";

const ME = 1;
const BO = 2;
const at = (time: string): Date => new Date(`2026-03-04T${time}:00`);

function told(changes: Partial<Message>, row: Partial<ConversationRow> = {}): FeedEvent {
  const message = { id: 5, person_id: 7, direction: "in", author: { kind: "identity", id: 9, name: "Ana" }, text: "Where is it?", mentions: [], event: null, joined: null, identity_id: 9, ...changes };
  const whole = { person_id: 7, display_name: "Ana Lopez", subject: "Refund", owner: { id: ME, name: "Me" }, is_blocked: false, blocked_identities: [], ...row };
  return { type: "event", position: 1, person_id: 7, kind: "message.created", message, row: whole } as unknown as FeedEvent;
}

test("what somebody writes in my case is told, and in another's case it is not", () => {
  expect(alertOf(told({}), ME)).toMatchObject({ kind: "mine", personId: 7, name: "Ana Lopez", text: "Where is it?" });
  expect(alertOf(told({}, { owner: { id: BO, name: "Bo" } }), ME)).toBeNull();
  expect(alertOf(told({}, { is_blocked: true }), ME)).toBeNull();
});

test("a danger is told to whom its line names, as such, and to nobody else", () => {
  const line = (event: string): FeedEvent => told({ direction: "event", event: { event, danger: "duress", told: [ME] } }, { owner: null });
  expect(alertOf(line("danger_told"), ME)).toMatchObject({ kind: "mention", name: "Ana Lopez", text: "Refund", isDanger: true });
  expect(alertOf(line("danger_escalated"), ME)).toMatchObject({ isDanger: true });
  expect(alertOf(line("danger_told"), BO)).toBeNull();
});

test.each(["deadline_near", "deadline_passed", "deadline_escalated"])("%s is told to whom its line names, as what is due, and to nobody else", (event) => {
  const line = told({ direction: "event", event: { event, target: "first_reply", told: [ME] } }, { owner: null });
  expect(alertOf(line, ME)).toMatchObject({ kind: "due", name: "Ana Lopez", text: "Refund", isDue: true });
  expect(alertOf(line, ME)).not.toHaveProperty("isDanger");
  expect(alertOf(line, BO)).toBeNull();
});

test("a note that names me is told by who wrote it, and my own is not", () => {
  const note = (id: number): FeedEvent => told({ direction: "note", author: { kind: "agent", id, name: "Bo" }, mentions: [ME] }, { owner: null });
  expect(alertOf(note(BO), ME)).toMatchObject({ kind: "mention", author: "Bo" });
  expect(alertOf(note(ME), ME)).toBeNull();
});

test("a case that was given to me is told, one that I took or that went to another is not", () => {
  const given = (to: number, by: number): FeedEvent =>
    told({ direction: "event", text: "", author: { kind: "agent", id: by, name: "Bo" }, event: { event: "case_assigned", owner_id: to, case_id: 3 } });
  expect(alertOf(given(ME, BO), ME)).toMatchObject({ kind: "assigned", text: "Refund" });
  expect(alertOf(given(ME, ME), ME)).toBeNull();
  expect(alertOf(given(BO, 3), ME)).toBeNull();
});

test("what I watch is told whoever owns it, with what colleagues say; what happens there and what I say is not", () => {
  const watches = (id: number): boolean => id === 7;
  const others = { owner: { id: BO, name: "Bo" } };
  expect(alertOf(told({}, others), ME, watches)).toMatchObject({ kind: "watched", name: "Ana Lopez" });
  expect(alertOf(told({ direction: "out", author: { kind: "agent", id: BO, name: "Bo" } }, others), ME, watches)).toMatchObject({ kind: "watched", author: "Bo" });
  expect(alertOf(told({}), ME, watches)).toMatchObject({ kind: "mine" });
  expect(alertOf(told({ direction: "event", event: { event: "case_solved", case_id: 3 } }, others), ME, watches)).toBeNull();
  expect(alertOf(told({ direction: "out", author: { kind: "agent", id: ME, name: "Me" } }, others), ME, watches)).toBeNull();
  expect(alertOf(told({}, { ...others, is_blocked: true }), ME, watches)).toBeNull();
});

test("choices survive the server, and what is no choice is as we have it", () => {
  const choices: AlertChoices = { isOn: true, kinds: { assigned: false, mention: true, mine: false, watched: false, due: true }, quiet: { from: "22:00", until: "07:30" }, hasSound: false, showsText: false };
  expect(readAlerts({ alerts: writeAlerts(choices), keys: {} })).toEqual(choices);
  expect(readAlerts(undefined)).toEqual(OWN_CHOICES);
  expect(readAlerts({ alerts: { is_on: "yes", kinds: 3, quiet: { from: "25:00", until: "07:00" } } })).toEqual(OWN_CHOICES);
});

test.each([
  ["21:59", false], ["22:00", true], ["23:30", true], ["03:00", true], ["06:59", true], ["07:00", false], ["12:00", false],
])("at %s a night from 22:00 until 07:00 is quiet: %s", (time, isStill) => {
  expect(isQuiet({ from: "22:00", until: "07:00" }, at(time))).toBe(isStill);
});

test("a lunch is quiet within the day, and the same time twice is no time", () => {
  expect(isQuiet({ from: "12:00", until: "13:00" }, at("12:30"))).toBe(true);
  expect(isQuiet({ from: "12:00", until: "13:00" }, at("13:00"))).toBe(false);
  expect(isQuiet({ from: "12:00", until: "12:00" }, at("12:00"))).toBe(false);
  expect(isQuiet(null, at("03:00"))).toBe(false);
});

test("what one person says is one heap, on top of what was told of them before", () => {
  const alert = (personId: number, text: string) => ({ kind: "mine" as const, personId, name: "Ana", author: "Ana", text });
  const before = new Map<number, Heap>([[7, { personId: 7, newest: alert(7, "a"), count: 2 }]]);
  const heaps = heaped(before, [alert(7, "b"), alert(8, "c"), alert(7, "d")]);
  expect(heaps.map(({ personId, count, newest }) => [personId, count, newest.text])).toEqual([[7, 4, "d"], [8, 1, "c"]]);
});

/** One browser: a lock that one tab holds at a time, and a channel that reaches all the others. */
class OneBrowser {
  readonly tabs: Channel[] = [];
  #held = false;
  #waiting: (() => void)[] = [];
  readonly locks = {
    request: (_: string, run: () => Promise<void>) =>
      new Promise<void>((resolve) => {
        const hold = (): void => {
          this.#held = true;
          void run().then(() => {
            this.#held = false;
            this.#waiting.shift()?.();
            resolve();
          });
        };
        if (this.#held) this.#waiting.push(hold);
        else hold();
      }),
  } as unknown as Locks;
  channel(): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data: unknown) => this.tabs.forEach((one) => one !== channel && one.onmessage?.({ data })),
      close: () => void this.tabs.splice(this.tabs.indexOf(channel), 1),
    };
    this.tabs.push(channel);
    return channel;
  }
}

test("one tab leads, knows what is looked at in another, and hands over when it ends", async () => {
  const browser = new OneBrowser();
  const first = new Lead(browser.locks, browser.channel(), () => {});
  const second = new Lead(browser.locks, browser.channel(), () => {});
  expect([first.isLeading, second.isLeading]).toEqual([true, false]);
  second.look(7);
  expect([first.isLookedAt(7), first.isLookedAt(8)]).toEqual([true, false]);
  second.look(null);
  expect(first.isLookedAt(7)).toBe(false);
  first.end();
  await vi.waitFor(() => expect(second.isLeading).toBe(true));
});

test("who takes over asks what is looked at", async () => {
  const browser = new OneBrowser();
  const first = new Lead(browser.locks, browser.channel(), () => {});
  const looking = new Lead(browser.locks, browser.channel(), () => {});
  looking.look(7);
  const late = new Lead(browser.locks, browser.channel(), () => {});
  expect(late.isLookedAt(7)).toBe(false);
  first.end();
  await vi.waitFor(() => expect(looking.isLeading).toBe(true));
  looking.end();
  await vi.waitFor(() => expect(late.isLeading).toBe(true));
  const last = new Lead(browser.locks, browser.channel(), () => {});
  last.look(9);
  expect(late.isLookedAt(9)).toBe(true);
});

test("without locks every tab leads, and settings that one changed are read by the others", () => {
  const browser = new OneBrowser();
  const hear = vi.fn();
  const first = new Lead(undefined, browser.channel(), () => {});
  new Lead(undefined, browser.channel(), hear);
  expect(first.isLeading).toBe(true);
  first.tellSettings();
  expect(hear).toHaveBeenCalledOnce();
});

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => {
  announcer.forget();
  vi.useRealTimers();
});

test("the first message is read out at once, those after it together", () => {
  announcer.hear("Ana");
  expect(announcer.said).toEqual({ name: "Ana", count: 1 });
  for (const name of ["Bo", "Cy", "Di"]) announcer.hear(name);
  expect(announcer.said).toEqual({ name: "Ana", count: 1 });
  vi.advanceTimersByTime(8000);
  expect(announcer.said).toEqual({ name: "Di", count: 3 });
  vi.advanceTimersByTime(8000);
  expect(announcer.said).toBeNull();
  announcer.hear("Eva");
  expect(announcer.said).toEqual({ name: "Eva", count: 1 });
});

test("what is due is a choice of its own; who chose before it was one hears of it as of what names them", () => {
  const line = told({ direction: "event", text: "", event: { event: "deadline_passed", case_id: 3, told: [ME] } });
  expect(alertOf(line, ME)).toMatchObject({ kind: "due", isDue: true });
  expect(readAlerts({ alerts: { kinds: { mention: false } } }).kinds).toMatchObject({ mention: false, due: false });
  expect(readAlerts({ alerts: { kinds: { mention: false, due: true } } }).kinds.due).toBe(true);
});
