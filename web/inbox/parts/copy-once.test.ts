// @vitest-environment happy-dom
// What is copied is copied whole; what cannot be is selected, and that is said in the page's own words.
import { flushSync, mount, tick, unmount, type Component } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toasts } from "../store/toasts.svelte";
import CodeLines from "./CodeLines.svelte";
import CopyOnce from "./CopyOnce.svelte";

const VALUE = "https://desk.example/invite?token=4f2a";
const NOT_COPIED = { tone: "bad", text: "It could not be copied here. It is selected: copy it by hand." };
let shown: Record<string, unknown>;
beforeEach(() => toasts.forget());
afterEach(() => unmount(shown));

function begin(part: unknown, props: object, clipboard: object | undefined): void {
  vi.stubGlobal("navigator", { languages: ["en"], clipboard });
  shown = mount(part as Component, { target: document.body, props });
  flushSync();
  document.querySelector("button")?.click();
}

test("what is shown once is copied whole by its button", async () => {
  const written = vi.fn<(text: string) => Promise<void>>().mockResolvedValueOnce();
  begin(CopyOnce, { label: "Link", value: VALUE }, { writeText: written });
  await tick();
  expect(written).toHaveBeenLastCalledWith(VALUE);
  expect(toasts.all).toMatchObject([{ tone: "plain", text: "Copied." }]);
});

test.each([
  ["refuses", { writeText: () => Promise.reject(new Error("denied")) }],
  ["has none, without TLS,", undefined],
])("where the browser %s what is shown once is selected", async (_, clipboard) => {
  begin(CopyOnce, { label: "Link", value: VALUE }, clipboard);
  await vi.waitFor(() => expect(toasts.all).toMatchObject([NOT_COPIED]));
  const field = document.querySelector("input");
  expect([document.activeElement === field, field?.selectionStart, field?.selectionEnd]).toEqual([true, 0, VALUE.length]);
});

test("and so are lines of code", async () => {
  begin(CodeLines, { inside: ["a = 1\nb = 2"], language: "" }, undefined);
  await vi.waitFor(() => expect(toasts.all).toMatchObject([NOT_COPIED]));
  expect(getSelection()?.toString()).toBe("a = 1\nb = 2");
});

test("that lines of a message that was drawn anew meanwhile were not copied is said all the same", async () => {
  let fail: (error: Error) => void = () => undefined;
  const props = { inside: ["a = 1"], language: "" };
  begin(CodeLines, props, { writeText: () => new Promise((_, reject) => (fail = reject)) });
  await unmount(shown);
  shown = mount(CodeLines as Component, { target: document.body, props: { ...props, inside: ["b"] } });
  fail(new Error("denied"));
  await vi.waitFor(() => expect(toasts.all).toMatchObject([NOT_COPIED]));
});
