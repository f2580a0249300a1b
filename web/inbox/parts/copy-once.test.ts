// @vitest-environment happy-dom
import { mount, tick, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import { toasts } from "../store/toasts.svelte";
import CopyOnce from "./CopyOnce.svelte";

test("what is shown once is copied whole by its button, and a refusal is said", async () => {
  const written = vi.fn<(text: string) => Promise<void>>().mockResolvedValueOnce().mockRejectedValueOnce(new Error("denied"));
  vi.stubGlobal("navigator", { languages: ["en"], clipboard: { writeText: written } });
  const failed = vi.spyOn(toasts, "failed");
  const value = "https://desk.example/invite?token=4f2a";
  const shown = mount(CopyOnce, { target: document.body, props: { label: "Link", value } });
  const button = document.querySelector("button");
  button?.click();
  await tick();
  expect(written).toHaveBeenLastCalledWith(value);
  expect(toasts.all).toHaveLength(1);
  expect(failed).not.toHaveBeenCalled();
  button?.click();
  await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
  await unmount(shown);
});
