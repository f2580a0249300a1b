import { expect, test } from "vitest";
import { BINDINGS, KeyReader, strokeOf, type Pressed } from "./keys";

const press = (key: string, code: string, held: Partial<Pressed> = {}): Pressed => ({
  key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held,
});

test("a letter goes by its position where the layout is not Latin", () => {
  expect(strokeOf(press("о", "KeyJ"))).toBe("j");
  expect(strokeOf(press("О", "KeyJ", { shiftKey: true }))).toBe("Shift+J");
});

test("control and command are one key, and alt is left to the browser", () => {
  expect(strokeOf(press("k", "KeyK", { ctrlKey: true }))).toBe("Ctrl+k");
  expect(strokeOf(press("K", "KeyK", { metaKey: true }))).toBe("Ctrl+k");
  expect(strokeOf(press("e", "KeyE", { altKey: true }))).toBeNull();
});

test("with control, shift makes another key of letters and of keys that write nothing", () => {
  expect(strokeOf(press("Т", "KeyN", { ctrlKey: true, shiftKey: true }))).toBe("Ctrl+Shift+N");
  expect(strokeOf(press("Enter", "Enter", { ctrlKey: true, shiftKey: true }))).toBe("Ctrl+Shift+Enter");
  expect(strokeOf(press("?", "Slash", { ctrlKey: true, shiftKey: true }))).toBe("Ctrl+?");
});

test("g and then i is one command, and g waits no longer than a second and a half", () => {
  const reader = new KeyReader();
  expect(reader.read("g", 0)).toBe("waiting");
  expect(reader.read("i", 1000)).toBe("goInbox");
  expect(reader.read("g", 2000)).toBe("waiting");
  expect(reader.read("i", 4000)).toBe("panel");
});

test("no two commands share their keys", () => {
  const keys = BINDINGS.map((one) => one.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
