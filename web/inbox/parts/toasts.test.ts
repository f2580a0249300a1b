// @vitest-environment happy-dom
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { commands } from "../store/commands.svelte";
import { toasts } from "../store/toasts.svelte";
import Toasts from "./Toasts.svelte";

let shown: Record<string, unknown>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const [box, main] = [document.createElement("div"), Object.assign(document.createElement("main"), { id: "main", tabIndex: -1 })];
  document.body.replaceChildren(box, main);
  shown = mount(Toasts, { target: box });
});
afterEach(async () => {
  vi.advanceTimersByTime(120_000);
  vi.useRealTimers();
  await unmount(shown);
});
const pressed = (key: string): boolean =>
  commands.press(Object.assign(new KeyboardEvent("keydown", { key, code: "KeyZ" }), { keyCode: 90 }));
const buttons = (): HTMLButtonElement[] => (flushSync(), [...document.querySelectorAll<HTMLButtonElement>(".toasts button")]);

test("the undo key does what the newest notice offers to undo, and the notice goes", () => {
  const [solved, forwarded] = [vi.fn(), vi.fn()];
  toasts.show("Solved", { label: "Undo", run: solved, undoes: true });
  toasts.show("Snoozed", { label: "Undo", run: forwarded, undoes: true });
  expect(buttons().map((one) => one.textContent.trim())).toEqual(["Undo", "", "Undoz", ""]);

  expect(pressed("z")).toBe(true);
  expect([solved.mock.calls.length, forwarded.mock.calls.length, toasts.all.length]).toEqual([0, 1, 1]);
  expect(pressed("z")).toBe(true);
  expect([solved.mock.calls.length, toasts.all.length]).toEqual([1, 0]);
  expect(pressed("z")).toBe(false);
});

test("what was undone elsewhere is offered no more, by no key either", () => {
  toasts.show("Merged", { label: "Undo", run: vi.fn(), undoes: true, of: "merge:7" });
  toasts.show("Solved", { label: "Undo", run: vi.fn(), undoes: true });
  toasts.over("merge:7");
  expect(toasts.all.map((one) => one.text)).toEqual(["Solved"]);
  expect([pressed("z"), pressed("z")]).toEqual([true, false]);
});

test("the undo key never does what undoes nothing", () => {
  const run = vi.fn();
  toasts.show("This part of the page did not load", { label: "Reload the page", run });
  expect(pressed("z")).toBe(false);
  expect(run).not.toHaveBeenCalled();
});

test("nobody who is at a notice loses it, nor the focus when it goes", async () => {
  toasts.show("Solved", { label: "Undo", run: vi.fn(), undoes: true }, 4000);
  buttons()[0]?.focus();
  vi.advanceTimersByTime(60_000);
  expect(toasts.all).toHaveLength(1);

  document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  flushSync();
  await tick();
  expect(toasts.all).toHaveLength(0);
  expect(document.activeElement?.id).toBe("main");

  toasts.show("Snoozed", undefined, 4000);
  vi.advanceTimersByTime(4001);
  expect(toasts.all).toHaveLength(0);
});
