// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, test } from "vitest";
import Tabs from "./Tabs.svelte";

const pages = ["queue", "rules", "audit"].map((key) => ({ key, href: `#${key}`, label: key.toUpperCase() }));
let shown: Record<string, unknown> | undefined;

function open(isColumn: boolean): { current: string } {
  const props = $state({ label: "Settings", current: "queue", pages, isColumn });
  shown = mount(Tabs, { target: document.body, props });
  flushSync();
  return props;
}
const opener = (): HTMLButtonElement | null => document.querySelector("nav button");
const isOpen = (): boolean => opener()?.getAttribute("aria-expanded") === "true";

afterEach(async () => {
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});

test("many pages stand behind a button that says which is shown, and are folded away once one is chosen", () => {
  const props = open(true);
  expect(opener()?.getAttribute("aria-label")).toBe("Settings: QUEUE");
  opener()!.click();
  flushSync();
  expect(isOpen()).toBe(true);
  document.querySelector<HTMLElement>("[data-page=audit]")!.focus();
  props.current = "audit";
  flushSync();
  expect([isOpen(), document.activeElement, opener()?.getAttribute("aria-label")]).toEqual([false, opener(), "Settings: AUDIT"]);
});

test("Escape folds them away, and the focus is at the button again", () => {
  open(true);
  opener()!.click();
  flushSync();
  const link = document.querySelector<HTMLElement>("[data-page=rules]")!;
  link.focus();
  link.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  flushSync();
  expect([isOpen(), document.activeElement]).toEqual([false, opener()]);
});

test("a few stand in a row without one", () => {
  open(false);
  expect(opener()).toBeNull();
});
