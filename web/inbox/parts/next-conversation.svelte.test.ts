// @vitest-environment happy-dom
// Another conversation comes into a page that stays: nothing that was begun in the first is left for the second.
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { begin, button, end, field, find, join, open, settle, soon, told } from "./two-conversations.svelte";

const { commands } = await import("../store/commands.svelte");
const { drafts } = await import("../store/drafts.svelte");
const { threads } = await import("../store/threads.svelte");
const pressed = (): string => find(".tabs [aria-pressed=true]")!.textContent.trim();
beforeEach(begin);
afterEach(end);

test("the field and the buttons stay where they are, what was said is another's", async () => {
  const go = await open();
  const [before, log] = [[field(), button("Solve"), button("Send")], find("[role=log]")];
  await go(2);
  expect([field(), button("Solve"), button("Send")]).toEqual(before);
  expect(before.every((one) => one.isConnected)).toBe(true);
  expect(find("[role=log]")).not.toBe(log);
  expect(find("h1")!.textContent).toBe("Bo");
  expect(find("[role=log]")!.textContent).toContain("Bo says this");
});

test("each has their own words, their own channel, and an answer to begin with", async () => {
  drafts.write(2, "reply", { placeId: 21 });
  drafts.write(1, "note", { text: "of Ana" });
  const go = await open();
  button("Note").click();
  await settle();
  expect([pressed(), field().textContent]).toEqual(["Note", "of Ana"]);
  await go(2);
  expect([pressed(), field().textContent, field().getAttribute("aria-label")]).toEqual(["Reply", "for Bo", "Write a reply"]);
  expect(drafts.of(2, "reply").placeId).toBe(21);
  await go(1);
  expect([pressed(), field().textContent]).toEqual(["Reply", "for Ana"]);
});

test("what looks for something in one conversation is closed in the next", async () => {
  const go = await open();
  commands.find("find")!();
  await soon(() => expect(find("search")).not.toBeNull());
  await go(2);
  expect(find("search")).toBeNull();
});

test("a dialog that ends with its conversation gives the focus to no button of the next, nor to its field", async () => {
  const go = await open();
  for (const one of [button("Solve"), field()]) {
    await go(1);
    one.focus();
    commands.find("snooze")!();
    await soon(() => expect(find("[role=dialog] form")?.contains(document.activeElement)).toBe(true));
    await go(2);
    await soon(() => expect(find("[role=dialog]")).toBeNull());
    await settle();
    expect([one.isConnected, find(".conversation")!.contains(document.activeElement) && document.activeElement !== find("[role=log]")]).toEqual([true, false]);
  }
});

test("a dialog that is shut where it was opened gives the focus back", async () => {
  await open();
  button("Solve").focus();
  commands.find("snooze")!();
  await soon(() => expect(find("[role=dialog] form")?.contains(document.activeElement)).toBe(true));
  button("Cancel").click();
  await soon(() => expect(document.activeElement).toBe(button("Solve")));
});

test("an edit, and a place, that were opened in one conversation are not open when one comes back", async () => {
  const { context } = await import("../store/context.svelte");
  const { holds } = await import("../store/holds.svelte");
  const go = await open();
  holds.amended = { personId: 1, message: threads.find(1)!.messages[0]!, how: "edit", mayDelete: false };
  context.place = { id: 1, kind: "group", title: "Traders" } as unknown as typeof context.place;
  await settle();
  await go(2);
  expect([holds.amended, context.place]).toEqual([null, null]);
  // The undo key leads to where it edits: that stands.
  const asked = (holds.amended = { personId: 1, message: threads.find(1)!.messages[0]!, how: "edit", mayDelete: false });
  await go(1);
  expect(holds.amended).toBe(asked);
  holds.amended = null;
});

test("the next key after a switch acts on no button of the one before", async () => {
  const go = await open();
  for (const one of [button("Solve"), field()]) {
    one.focus();
    expect(document.activeElement).toBe(one);
    await go(2);
    expect(document.activeElement).toBe(find("[role=log]"));
    await go(1);
  }
});

test("who writes to somebody who is joined to another goes on writing, with the words for both", async () => {
  const go = await open();
  await go(2);
  await go(1);
  const before = field();
  before.focus();
  told.set("/conversations/2/drafts/reply", { revision: 5, text: "for Bo\n\nfor Ana", files: [], options: {} });
  join();
  flushSync();
  expect([field() === before, document.activeElement === before, find("h1")!.textContent]).toEqual([true, true, "Ana"]);
  await settle();
  expect([field() === before, document.activeElement === before, find("h1")!.textContent]).toEqual([true, true, "Bo"]);
  await go(2);
  await soon(() => expect(field().textContent).toBe("for Bofor Ana"));
});

describe.each(["snooze", "label", "needs", "later", "find"] as const)("a page on which %s was asked for", (what) => {
  async function ask(): Promise<void> {
    const [menu, line] = what === "needs" ? ["Priority: Normal", "Proof, channels, account…"] : ["More ways to send", "Send later"];
    if (what === "needs" || what === "later") {
      button(menu).click();
      const found = (): HTMLElement | undefined => [...document.querySelectorAll<HTMLElement>("[role=menuitem]")].find((one) => one.textContent.includes(line));
      await soon(() => expect(found()).toBeDefined());
      found()!.click();
    } else commands.find(what)!();
    await soon(() => expect(find("[role=dialog], search")).not.toBeNull());
  }

  test("waits when the conversation goes because it is joined elsewhere", async () => {
    await open();
    await ask();
    threads.open.delete(1);
    await settle();
    expect([find("[role=progressbar]") !== null, find("[role=dialog]:not([data-state=closed]), search")]).toEqual([true, null]);
  });

  test("shows somebody who has no case", async () => {
    const go = await open();
    await ask();
    await go(3);
    expect([find("h1")!.textContent, find("[role=dialog]:not([data-state=closed]), search")]).toEqual(["Cleo", null]);
  });
});
