// @vitest-environment happy-dom
import { createRawSnippet, flushSync, mount, unmount } from "svelte";
import { expect, test } from "vitest";
import Fold from "./Fold.svelte";

test("a long text is all there, folded until it is asked for or somebody is led to what is hidden", async () => {
  const children = createRawSnippet(() => ({ render: () => "<p>first … last</p>" }));
  const shown = mount(Fold, { target: document.body, props: { children } });
  const button = document.querySelector("button") as HTMLButtonElement;
  const part = document.querySelector(".part") as HTMLElement;
  const said = (): unknown[] => (flushSync(), [button.textContent, button.getAttribute("aria-expanded"), part.textContent]);
  expect(said()).toEqual(["Show all", "false", "first … last"]);

  button.click();
  expect(said()).toEqual(["Show less", "true", "first … last"]);
  button.click();
  part.dispatchEvent(new Event("scroll"));
  expect(said()[1]).toBe("false");
  part.scrollTop = 40;
  part.dispatchEvent(new Event("scroll"));
  expect([said()[1], part.scrollTop]).toEqual(["true", 0]);
  await unmount(shown);
});
