import { expect, test } from "vitest";
import { bindingsOf, clash, isPossible, OWN_KEYS, readChoices, withKeys, writeChoices } from "./keymap";
import { KeyReader, keysOf, strokeOf } from "./keys";

test("a key of one's own works in place of the desk's", () => {
  const bindings = bindingsOf(withKeys(OWN_KEYS, "next", "ArrowDown"));
  const reader = new KeyReader(() => bindings);
  expect([reader.read("ArrowDown", 0), reader.read("j", 1)]).toEqual(["next", null]);
  expect(keysOf("next", bindings)).toBe("ArrowDown");
});

test("the desk's own key again leaves nothing to keep", () => {
  expect(withKeys(withKeys(OWN_KEYS, "next", "w"), "next", "j")).toEqual(OWN_KEYS);
});

test("a command may have no key", () => {
  expect(keysOf("next", bindingsOf(withKeys(OWN_KEYS, "next", "")))).toBe("");
});

test("without single keys only those with Ctrl work", () => {
  const left = bindingsOf({ ...OWN_KEYS, hasSingle: false });
  expect(left.length).toBeGreaterThan(0);
  expect(left.every((one) => one.keys.startsWith("Ctrl+"))).toBe(true);
});

test("a key that another command has, or that begins another's, is refused", () => {
  expect(clash(OWN_KEYS, "next", "k")).toBe("previous");
  expect(clash(OWN_KEYS, "next", "g")).toBe("goInbox");
  expect(clash(OWN_KEYS, "next", "j")).toBeNull();
  expect(clash(withKeys(OWN_KEYS, "previous", "p"), "next", "k")).toBeNull();
});

test("a key of one's own is the agent's, whatever the desk has come to do by it since, until they give it away", () => {
  const own = readChoices({ keys: { chosen: { watch: "Shift+E", merge: "v", snooze: "o" } } });
  const bindings = bindingsOf(own);
  const reader = new KeyReader(() => bindings);
  expect(["Shift+E", "v", "o"].map((keys) => reader.read(keys, 0))).toEqual(["watch", "merge", "snooze"]);
  expect((["solveNext", "via", "accept"] as const).map((one) => keysOf(one, bindings))).toEqual(["", "", ""]);
  expect(clash(own, "panel", "Shift+E")).toBe("watch");
  expect(keysOf("solveNext", bindingsOf(withKeys(own, "watch", "w")))).toBe("Shift+E");
});

test("what is done while one writes keeps its keys beside those of one's own, which do nothing there", () => {
  const bindings = bindingsOf(readChoices({ keys: { chosen: { open: "Ctrl+enter" } } }));
  expect(keysOf("send", bindings)).toBe("Ctrl+Enter");
  expect(new KeyReader(() => bindings).read("Ctrl+Enter", 0)).toBe("open");
});

test("keys that were kept in small letters are read as they are written now", () => {
  const chosen = { next: "Ctrl+arrowup", open: "Ctrl+f2", back: "Ctrl+pagedown", merge: "Ctrl+p", label: "Ctrl+Enter" };
  expect(readChoices({ keys: { chosen } }).keys).toEqual({ next: "Ctrl+ArrowUp", open: "Ctrl+F2", back: "Ctrl+PageDown", merge: "Ctrl+p", label: "Ctrl+Enter" });
});

test("while one writes only keys that write nothing, and that the field has not itself, do anything", () => {
  const asked = ["Ctrl+s", "Ctrl+Shift+S", "s", "Shift+Enter", "Ctrl+b", "Ctrl+v", "Ctrl+Shift+K", ""];
  expect(asked.filter((keys) => isPossible("send", keys))).toEqual(["Ctrl+s", "Ctrl+Shift+S", ""]);
  expect(asked.filter((keys) => !isPossible("next", keys))).toEqual([]);
});

test("what was kept is read again, and nonsense is nothing chosen", () => {
  const choices = { keys: { next: "w" }, hasSingle: false };
  expect(readChoices({ keys: writeChoices(choices) })).toEqual(choices);
  for (const odd of [undefined, {}, { keys: 3 }, { keys: { chosen: { fly: "x", next: 4 } } }]) {
    expect(readChoices(odd)).toEqual(OWN_KEYS);
  }
});

test("brackets go by their place on a layout without them", () => {
  const press = { key: "х", code: "BracketLeft", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  expect(strokeOf(press)).toBe("[");
});
