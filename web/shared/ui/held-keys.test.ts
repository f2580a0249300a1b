// @vitest-environment happy-dom
import { tick } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import { endHolds, holdKeys } from "./held-keys";

const typed = vi.fn<(command: string, shows?: boolean, text?: string) => boolean>(() => true);
Object.assign(document, { execCommand: typed });

afterEach(() => {
  endHolds();
  document.body.replaceChildren();
  typed.mockClear();
});

/** What can be focused, in its order; the first of them is. */
function page<All extends (keyof HTMLElementTagNameMap)[]>(...tags: All): { [At in keyof All]: HTMLElementTagNameMap[All[At]] } {
  const all = tags.map((tag) => document.createElement(tag));
  document.body.append(...all);
  all[0]?.focus();
  return all as never;
}

/** Pressed while the keys are held. True for those that the page behind would have had. */
async function press(...keys: (string | KeyboardEventInit)[]): Promise<boolean[]> {
  const letGo = holdKeys();
  const passed = keys.map((key) => {
    const event = new KeyboardEvent("keydown", { ...(typeof key === "string" ? { key } : key), bubbles: true, cancelable: true });
    return document.body.dispatchEvent(event);
  });
  letGo();
  for (let turn = 0; turn < 3 * keys.length + 3; turn += 1) await tick();
  return passed;
}

test("Tab and Space that were held lead where they would have led", async () => {
  const [first, box, refused, last] = page("button", "input", "button", "button");
  box.type = "checkbox";
  refused.disabled = true;
  const clicked = vi.fn();
  for (const one of [first, refused, last]) one.addEventListener("click", () => clicked(one));
  await press("Tab", " ", "Tab", "Enter", { key: "Tab", shiftKey: true });
  expect(box.checked).toBe(true);
  expect(clicked.mock.calls).toEqual([[last]]);
  expect(document.activeElement).toBe(box);
});

test("behind a key that cannot be done anew none acts in its place", async () => {
  const [first] = page("button", "button");
  const clicked = vi.fn();
  first.addEventListener("click", clicked);
  await press("ArrowDown", "Enter");
  await press("Tab", "Tab", "Enter");
  expect(clicked).not.toHaveBeenCalled();
});

test("a letter that takes AltGr or Option is text like the others, and Enter begins a line where lines are written", async () => {
  page("textarea");
  const altGr = { key: "ż", ctrlKey: true, altKey: true, modifierAltGraph: true };
  expect(await press(altGr, { key: "ó", altKey: true }, "w", "Enter", "Delete")).toEqual([false, false, false, false, false]);
  expect(typed.mock.calls.map(([command, , text]) => text ?? command)).toEqual(["ż", "ó", "w", "\n", "forwardDelete"]);
});

test("commands of the browser pass while the keys are held", async () => {
  page("input");
  const pressed = await press({ key: "r", ctrlKey: true }, { key: "ArrowLeft", altKey: true }, "F5");
  expect(pressed).toEqual([true, true, true]);
});

test("who waits for what does not come has the keys back, and is told", async () => {
  page("input");
  const stop = vi.fn();
  holdKeys(stop);
  expect(endHolds()).toBe(true);
  await tick();
  expect(stop).toHaveBeenCalledOnce();
  expect(document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", cancelable: true }))).toBe(true);
  expect(endHolds()).toBe(false);
});
