// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import { ApiError } from "../store/client";
import NoConversation from "./NoConversation.svelte";

test.each([
  [new ApiError(404, "not_found", "There is no person 7."), "There is no such conversation", "To the inbox"],
  [new ApiError(0, "unreachable", ""), "This conversation could not be opened", "Try again"],
])("a conversation that does not come says why, and how to go on: %s", async (failure, title, way) => {
  const onagain = vi.fn();
  const shown = mount(NoConversation, { target: document.body, props: { failure, view: "mine", onagain } });
  const on = document.querySelector<HTMLElement>("a, button");
  expect([document.querySelector(".title")?.textContent, on?.textContent.trim()]).toEqual([title, way]);
  if (on?.tagName === "A") expect(on.getAttribute("href")).toBe("/inbox/mine");
  else on?.click();
  expect(onagain).toHaveBeenCalledTimes(on?.tagName === "A" ? 0 : 1);
  await unmount(shown);
});
