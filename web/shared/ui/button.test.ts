// @vitest-environment happy-dom
import { createRawSnippet, mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import Button from "./Button.svelte";

afterEach(() => document.body.replaceChildren());

test.each([[true, 0], [false, 1]])("while it is busy (%s) a button keeps the focus and does nothing", async (isBusy, times) => {
  const form = document.body.appendChild(document.createElement("form"));
  const submit = vi.fn((event: Event) => event.preventDefault());
  const onclick = vi.fn();
  form.addEventListener("submit", submit);
  const children = createRawSnippet(() => ({ render: () => "<span>Save</span>" }));
  const shown = mount(Button, { target: form.appendChild(document.createElement("div")), props: { type: "submit", isBusy, onclick, children } });
  const button = form.querySelector("button") as HTMLButtonElement;
  button.focus();
  button.click();
  expect([onclick.mock.calls.length, submit.mock.calls.length]).toEqual([times, times]);
  expect([button.disabled, button.getAttribute("aria-disabled"), document.activeElement]).toEqual([false, isBusy ? "true" : null, button]);
  await unmount(shown);
});
