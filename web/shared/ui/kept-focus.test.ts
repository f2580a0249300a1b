// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepFocus } from "./kept-focus";

const make = (tag: string, own: { id?: string } = {}, ...children: Node[]): HTMLElement => {
  const one = Object.assign(document.createElement(tag), own);
  one.append(...children);
  return one;
};

let box: HTMLElement;
let end: unknown;
beforeEach(() => {
  const inner = make("ul", {}, make("li", { id: "x" }, make("button")));
  const lines = make("ul", {}, make("li", { id: "a" }, make("button")), make("li", { id: "b" }, make("button"), inner), make("li", { id: "c" }, make("button")));
  document.body.replaceChildren(make("section", {}, lines, make("button", { id: "out" })), make("button", { id: "away" }));
  box = document.querySelector("section") as HTMLElement;
  end = keepFocus(box);
});
afterEach(() => {
  if (typeof end === "function") end();
  document.body.replaceChildren();
});
const button = (line: string): HTMLElement => document.querySelector(`#${line} > button`) as HTMLElement;
const line = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
/** Who watches is told in a microtask of its own. */
const told = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 40));

test("a line that goes leaves the focus to the line that stands in its place", async () => {
  button("b").focus();
  line("b").remove();
  await told();
  expect(document.activeElement?.id).toBe("c");
  line("c").remove();
  await told();
  expect(document.activeElement?.id).toBe("a");
  // And with the last one to the box, which then is no stop of Tab any more.
  line("a").remove();
  await told();
  expect(document.activeElement).toBe(box);
  line("away").focus();
  expect(box.hasAttribute("tabindex")).toBe(false);
});

test("lines that came before it was taken away are counted", async () => {
  button("b").focus();
  line("a").before(document.createElement("li"));
  await told();
  line("b").remove();
  await told();
  expect(document.activeElement?.id).toBe("c");
});

test("of an inner list that goes whole the line around it has the focus", async () => {
  button("x").focus();
  line("x").parentElement?.remove();
  await told();
  expect(document.activeElement?.id).toBe("b");
});

test("what is only moved keeps the focus", async () => {
  button("c").focus();
  line("a").before(line("c"));
  await told();
  expect(document.activeElement).toBe(button("c"));
});

test("what can be used no more leaves the focus to its line, wherever that stands now", async () => {
  const one = button("c") as HTMLButtonElement;
  one.focus();
  line("a").before(line("c"));
  one.disabled = true;
  one.blur(); // as a browser does when it next draws
  await told();
  expect(document.activeElement?.id).toBe("c");
});

test("who has gone elsewhere is not called back", async () => {
  button("b").focus();
  line("away").focus();
  line("b").remove();
  await told();
  expect(document.activeElement?.id).toBe("away");
  (document.activeElement as HTMLElement).blur();
  line("c").remove();
  await told();
  expect(document.activeElement).toBe(document.body);
});

test("who pressed beside everything is not called back either", async () => {
  button("b").focus();
  button("b").blur();
  await told();
  line("b").remove();
  await told();
  expect(document.activeElement).toBe(document.body);
});

test("a line that has it for once keeps it while another window is in front", async () => {
  button("b").focus();
  line("b").remove();
  await told();
  line("c").dispatchEvent(new FocusEvent("blur"));
  expect([document.activeElement?.id, line("c").getAttribute("tabindex")]).toEqual(["c", "-1"]);
  line("away").focus();
  expect(line("c").hasAttribute("tabindex")).toBe(false);
});
