// @vitest-environment happy-dom
import { createRawSnippet, flushSync, mount, tick, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import { whenAbsent } from "../../shared/ui/absent";
import Lent from "../../shared/ui/Lent.svelte";
import Part from "./Part.svelte";

let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = undefined;
  document.body.replaceChildren();
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await tick();
  flushSync();
}

test("a part that does not come says so, and comes when it is tried again", async () => {
  const children = createRawSnippet<[string]>((found) => ({ render: () => `<p>${found()}</p>` }));
  const load = vi.fn<() => Promise<{ default: string }>>().mockRejectedValueOnce(new TypeError("away")).mockResolvedValue({ default: "here" });
  shown = mount(Part as unknown as Component<Record<string, unknown>>, { target: document.body, props: { load, children } });
  await settle();
  const buttons = [...document.querySelectorAll<HTMLElement>("[role=alert] button")];
  expect(buttons).toHaveLength(2);
  buttons[0]?.click();
  await settle();
  expect(document.body.textContent).toContain("here");
  expect(document.querySelector("[role=alert]")).toBeNull();
});

test("a list that does not come leaves its button closed, and the page told", async () => {
  const told = vi.fn();
  whenAbsent(told);
  const trigger = createRawSnippet<[Record<string, unknown>]>(() => ({ render: () => "<button>More</button>" }));
  let isOpen = true;
  const props = {
    get open(): boolean {
      return isOpen;
    },
    set open(now: boolean) {
      isOpen = now;
    },
    popup: "menu",
    load: () => Promise.reject(new TypeError("away")),
    trigger,
  };
  shown = mount(Lent as unknown as Component<Record<string, unknown>>, { target: document.body, props });
  await settle();
  expect(told).toHaveBeenCalledOnce();
  expect(isOpen).toBe(false);
});
