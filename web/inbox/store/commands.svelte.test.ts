// @vitest-environment happy-dom
import { tick } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { ConversationRow, Me } from "../../shared/api-types";
import { endHolds } from "../../shared/ui/held-keys";
import { bulk } from "./bulk.svelte";
import { commands } from "./commands.svelte";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";

const bodies = vi.hoisted((): unknown[] => {
  const bodies: unknown[] = [];
  globalThis.fetch = async (request) => {
    if (request instanceof Request) bodies.push(await request.json());
    return new Response("{}", { status: 503 });
  };
  return bodies;
});
const ends: (() => void)[] = [];
const listen = (event: KeyboardEvent): void => void (commands.press(event) && event.preventDefault());
addEventListener("keydown", listen);
session.me = { agent: { id: 1 }, permissions: ["cases.change"] } as unknown as Me;

afterEach(() => {
  vi.useRealTimers();
  for (const end of ends.splice(0)) end();
  endHolds();
  bulk.clear();
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 9; turn += 1) await tick();
}

function press(...keys: string[]): void {
  for (const key of keys) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

/** A conversation that is on its way, and what it will lend. */
function conversation(): { label: () => void; next: () => void; come: () => Promise<void>; go: () => Promise<void> } {
  let hasCome = false;
  const label = vi.fn();
  const next = vi.fn();
  const end = commands.await(() => hasCome);
  ends.push(commands.lend({ next }));
  return {
    label,
    next,
    async come() {
      hasCome = true;
      end();
      ends.push(commands.lend({ label }));
      await settle();
    },
    async go() {
      end();
      await settle();
    },
  };
}

test("a key for a conversation that is on its way is kept for it, and the keys behind it too", async () => {
  const { label, next, come } = conversation();
  press("l", "j");
  await settle();
  expect(label).not.toHaveBeenCalled();
  expect(next).not.toHaveBeenCalled();
  await come();
  expect(label).toHaveBeenCalledOnce();
  expect(next).toHaveBeenCalledOnce();
});

test("keys that lead to another conversation wait for none", () => {
  const { next } = conversation();
  press("j", "j");
  expect(next).toHaveBeenCalledTimes(2);
});

test("a key for a conversation that was left before it came does nothing in the next one", async () => {
  const { label, next, go } = conversation();
  press("l", "j");
  const other = vi.fn();
  ends.push(commands.lend({ label: other }));
  await go();
  for (const run of [label, next, other]) expect(run).not.toHaveBeenCalled();
  press("l");
  expect(other).toHaveBeenCalledOnce();
});

test("Escape ends the wait for a conversation's key", async () => {
  const { label, next, come } = conversation();
  press("l", "Escape", "j");
  await come();
  expect(label).not.toHaveBeenCalled();
  expect(next).toHaveBeenCalledOnce();
});

test("what is kept for a conversation is done no more once its keys are free again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { label, next, come } = conversation();
  press("l");
  vi.advanceTimersByTime(5001);
  press("j");
  expect(next).toHaveBeenCalledOnce();
  await come();
  expect(label).not.toHaveBeenCalled();
});

test("a question that was waited for too long is put no more, and the next one holds the keys again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const next = vi.fn();
  ends.push(bulk.lend(), commands.lend({ next }));
  bulk.toggle(3);
  for (const late of [true, false]) {
    press("l");
    if (late) vi.advanceTimersByTime(5001);
    press("j");
    expect([bulk.asked, next.mock.calls.length]).toEqual(["labels", 1]);
    if (late) bulk.answer();
    if (late) expect(bulk.asked).toBeNull();
  }
});

test("asking once more where nobody answered holds the keys anew", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const next = vi.fn();
  ends.push(bulk.lend(), commands.lend({ next }));
  bulk.toggle(3);
  press("l");
  vi.advanceTimersByTime(5001);
  press("l", "j");
  expect(next).not.toHaveBeenCalled();
});

test("a key that is held down changes one conversation and no other, and goes on through the list and its cases", () => {
  const [solveNext, next, nextCase] = [vi.fn(), vi.fn(), vi.fn()];
  ends.push(commands.lend({ solveNext, next, nextCase }));
  const hold = (changes: KeyboardEventInit): boolean[] => [false, true, true].map((repeat) => document.body.dispatchEvent(new KeyboardEvent("keydown", { ...changes, repeat, bubbles: true, cancelable: true })));
  expect(hold({ key: "E", shiftKey: true })).toEqual([false, false, false]);
  for (const key of ["j", "]"]) hold({ key });
  expect([solveNext, next, nextCase].map((one) => one.mock.calls.length)).toEqual([1, 3, 3]);
});

test("solve and next is kept for no conversation that nobody has seen yet", async () => {
  const { next, come } = conversation();
  const solveNext = vi.fn();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "E", shiftKey: true, bubbles: true, cancelable: true }));
  ends.push(commands.lend({ solveNext }));
  await come();
  press("j");
  expect(next).toHaveBeenCalledOnce();
  expect(solveNext).not.toHaveBeenCalled();
});

test("with rows picked the keys of a case speak of them, before their bar is there and whoever else lends", async () => {
  const behind = vi.fn();
  const beside = vi.fn();
  ends.push(commands.lend({ label: behind, toggleSolved: behind }), bulk.lend());
  press("l");
  expect(behind).toHaveBeenCalledOnce();
  bulk.toggle(3);
  ends.push(commands.lend({ label: behind, next: beside }));
  press("l", "j");
  await settle();
  expect([bulk.asked, behind.mock.calls.length, beside.mock.calls.length]).toEqual(["labels", 1, 0]);
  bulk.answer();
  await settle();
  expect(beside).toHaveBeenCalledOnce();
});

test("what was asked of picked rows ends with the last of them, and with Escape", async () => {
  ends.push(bulk.lend());
  for (const end of [() => bulk.toggle(3), () => press("Escape")]) {
    bulk.clear();
    bulk.toggle(3);
    press("h");
    expect(bulk.asked).toBe("snooze");
    end();
    expect(bulk.asked).toBeNull();
  }
  await settle();
  expect(endHolds()).toBe(false);
});

test("with rows picked no key changes the one that is open: each asks of the picked ones, changes them, or says that it cannot", async () => {
  const behind = vi.fn();
  const keys = { a: "owner", p: "priority", l: "labels", h: "snooze", m: "merge" } as const;
  ends.push(bulk.lend());
  ends.push(commands.lend({ assign: behind, priority: behind, label: behind, snooze: behind, merge: behind, spam: behind, toggleSolved: behind, assignMe: behind, toggleUnread: behind }));
  session.me = { agent: { id: 1 }, permissions: ["cases.change", "persons.merge"] } as unknown as Me;
  for (const [key, question] of Object.entries(keys)) {
    bulk.clear();
    bulk.toggle(3);
    bulk.toggle(4);
    press(key);
    expect(bulk.asked).toBe(question);
    endHolds();
  }
  rows.put({ person_id: 4, unread: true } as ConversationRow);
  for (const shift of ["U", "A"]) document.body.dispatchEvent(new KeyboardEvent("keydown", { key: shift, shiftKey: true, bubbles: true, cancelable: true }));
  press("e");
  await vi.waitFor(() => expect(bodies).toHaveLength(3));
  expect(bodies).toEqual([{ is_read: true }, { owner_id: 1 }, { state: "solved" }].map((change) => ({ change, ids: [3, 4], picked_in: { view: "open", q: "" } })));
  toasts.all = [];
  press("!");
  bulk.toggle(4);
  press("m");
  await vi.waitFor(() => expect(toasts.all.map((one) => one.text)).toEqual(Array(2).fill("That cannot be done with what is selected. Clear the selection first.")));
  expect(behind).not.toHaveBeenCalled();
});

test("the undo key takes back what a tick did while the focus is still on it, and is a letter in a field", () => {
  const undo = vi.fn();
  ends.push(commands.lend({ undo }));
  const tick = Object.assign(document.createElement("input"), { type: "checkbox" });
  const field = document.createElement("input");
  document.body.append(tick, field);
  for (const one of [field, tick]) one.dispatchEvent(new KeyboardEvent("keydown", { key: "z", bubbles: true, cancelable: true }));
  document.body.replaceChildren();
  expect(undo).toHaveBeenCalledTimes(1);
});
