// @vitest-environment happy-dom
import { createRawSnippet, mount, tick, unmount, type Component } from "svelte";
import { afterEach, expect, test } from "vitest";
import { endHolds } from "./held-keys";
import Lent from "./Lent.svelte";

type Props = Record<string, unknown>;
let page: ReturnType<typeof mount> | undefined;

afterEach(async () => {
  if (page) await unmount(page);
  endHolds();
  document.body.replaceChildren();
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 9; turn += 1) await tick();
}

/** A button whose part comes when it is told to. What it opens takes the focus when it is told to. */
function desk(popup: "menu" | "dialog") {
  let come: (part: { default: Component }) => void = () => undefined;
  const load = () => new Promise<{ default: Component }>((resolve) => (come = resolve));
  const trigger = createRawSnippet((props: () => Props) => ({
    render: () => "<button>Sort</button>",
    setup: (node) => node.addEventListener("keydown", (event) => (props().onkeydown as ((event: Event) => void) | undefined)?.(event)),
  }));
  page = mount(Lent as unknown as Component<Props>, { target: document.body, props: { open: false, popup, load, trigger } });
  const got: string[] = [];
  const button = document.querySelector("button")!;
  button.focus();
  return {
    got,
    async press(...keys: string[]) {
      for (const key of keys) {
        document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        await settle();
      }
    },
    async arrive() {
      const part = (_anchor: unknown, props: Props) => (props.onlend as (lent: Props) => void)({ onkeydown: ({ key }: KeyboardEvent) => got.push(`button ${key}`) });
      come({ default: part as unknown as Component });
      await settle();
    },
    async open() {
      const box = document.createElement("div");
      box.setAttribute("role", popup);
      box.tabIndex = -1;
      box.addEventListener("keydown", ({ key }) => got.push(key));
      document.body.append(box);
      box.focus();
      await new Promise((resolve) => requestAnimationFrame(resolve));
      await settle();
    },
  };
}

test.each(["menu", "dialog"] as const)("letters behind the key that opens a %s are its own, however late it comes", async (popup) => {
  const { press, arrive, open, got } = desk(popup);
  await press("Enter", "o");
  await arrive();
  await press("l");
  expect(got).toEqual([]);
  await open();
  await press("d");
  expect(got).toEqual(["o", "l", "d"]);
});

test("Escape ends the wait for a menu, and the keys are free", async () => {
  const { press, arrive, got } = desk("menu");
  await press("Enter", "o", "Escape");
  await arrive();
  await press("x");
  expect(got).toEqual(["button x"]);
});
