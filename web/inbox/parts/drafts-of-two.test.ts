// @vitest-environment happy-dom
// A conversation is left for another while something of it is under way: no word, file or copy of one person gets to the other.
import { afterEach, beforeEach, expect, test } from "vitest";
import { asked, attachment, begin, button, end, field, find, open, settle, slow, soon, told, uploading } from "./two-conversations.svelte";

const { drafts } = await import("../store/drafts.svelte");
const { uploadsOf } = await import("../store/files.svelte");
const { toasts } = await import("../store/toasts.svelte");
const words = (): string[] => [1, 2].map((id) => drafts.of(id, "reply").text);
const files = (): number[][] => [1, 2].map((id) => drafts.of(id, "reply").files.map((one) => one.id));
/** To whom something was sent, and what. */
const posted = (): unknown[] => asked.filter(({ method, path }) => method === "POST" && path.endsWith("/messages")).map(({ path, body }) => [path, (body as { text: string }).text]);
const press = (key: string, changes: KeyboardEventInit): boolean => field().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...changes }));
async function choose(): Promise<void> {
  const picker = find<HTMLInputElement>("input[type=file]")!;
  Object.defineProperty(picker, "files", { value: [new File(["x"], "passport.png", { type: "image/png" })], configurable: true });
  picker.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
}
beforeEach(begin);
afterEach(end);

test("what the field says late is written where it was typed", async () => {
  const go = await open();
  // The other one is open already, and nothing is drawn of it yet.
  const gone = go(2);
  press("Enter", { shiftKey: true });
  expect(words()).toEqual(["for Ana\n", "for Bo"]);
  await gone;
  expect([field().textContent, words()]).toEqual(["for Bo", ["for Ana\n", "for Bo"]]);
});

test("undo brings back nothing that was written to somebody else", async () => {
  const go = await open();
  press("Enter", { shiftKey: true });
  await go(2);
  for (const ctrlKey of [true, false]) press("z", { ctrlKey, metaKey: !ctrlKey });
  await settle();
  expect(words()).toEqual(["for Ana\n", "for Bo"]);
});

test("a file that arrives when another conversation is open is in the answer that it was chosen for", async () => {
  const go = await open();
  button("Attach files").click();
  await choose();
  expect([uploading.length, button("Send").disabled]).toEqual([1, true]);
  await go(2);
  expect([find("progress"), button("Send").disabled]).toEqual([null, false]);
  button("Send").click();
  await settle();
  await uploading[0]!.arrive(7);
  expect([files(), posted()]).toEqual([[[7], []], [["/conversations/2/messages", "for Bo"]]]);
});

test("files that are chosen when another conversation is open are for whom they were asked", async () => {
  const go = await open();
  button("Attach files").click();
  await go(2);
  await choose();
  expect(button("Send").disabled).toBe(false);
  await go(1);
  expect([find("progress") !== null, button("Send").disabled]).toEqual([true, true]);
  await uploading[0]!.arrive(7);
  expect(files()).toEqual([[7], []]);
});

/** Ana's answer with a picture was sent while the words on that are on their way. */
async function sentUntold(): Promise<{ telling: Promise<void>; go: (id: number) => Promise<void> }> {
  drafts.write(1, "reply", { files: [attachment(7)] });
  const go = await open();
  slow.path = "/uploads/7";
  const telling = uploadsOf(1, "reply").describe(7, "a passport");
  await go(2);
  await go(1);
  button("Send").click();
  await settle();
  return { telling, go };
}

test("an answer that waits for the words on a picture goes to whom it was written, and only that", async () => {
  const { telling, go } = await sentUntold();
  expect(posted()).toEqual([]);
  await go(2);
  slow.waits[0]!();
  await telling;
  await settle();
  expect([posted(), words(), files()]).toEqual([[["/conversations/1/messages", "for Ana"]], ["", "for Bo"], [[], []]]);
});

const notSent = (): boolean[] => toasts.all.map(({ text, action }) => text.startsWith("Ana: not sent") && action !== undefined);

test.each([
  ["words", () => drafts.write(1, "reply", { text: "for Ana\n\nP.S. hal" })],
  ["a copy", () => drafts.write(1, "reply", { copies: [{ address: "a@b.example", name: "", isHidden: false, state: "asking", problem: "" }] })],
  ["a file on its way", () => uploadsOf(1, "reply").add([new File(["x"], "second.png", { type: "image/png" })])],
] as const)("an answer that waits for the words on a picture stays, and says so, where %s came to it", async (_, change) => {
  const { telling, go } = await sentUntold();
  change();
  await go(2);
  const before = drafts.of(1, "reply").text;
  slow.waits[0]!();
  await telling;
  await soon(() => expect([posted(), words(), notSent()]).toEqual([[], [before, "for Bo"], [true]]));
});

test("an answer whose pictures could not be told of stays, and says so; sent twice it goes once", async () => {
  const { telling, go } = await sentUntold();
  button("Send").click();
  await go(2);
  told.set("PATCH /uploads/7", 502);
  slow.waits[0]!();
  await telling.catch(() => undefined);
  await soon(() => expect([posted(), words(), notSent()]).toEqual([[], ["for Ana", "for Bo"], [true]]));
  toasts.all = [];
  told.clear();
  const again = uploadsOf(1, "reply").describe(7, "a passport");
  await go(1);
  for (const _ of [1, 2]) button("Send").click();
  await settle();
  await go(2);
  slow.waits[1]!();
  await again;
  await soon(() => expect([posted(), notSent()]).toEqual([[["/conversations/1/messages", "for Ana"]], []]));
});

test("words on a picture that were not taken stand there to be said again", async () => {
  drafts.write(1, "reply", { files: [attachment(7)] });
  await open();
  told.set("PATCH /uploads/7", 502);
  button("Alt text of file 7.png").click();
  await settle();
  const typed = find<HTMLInputElement>("input.words")!;
  typed.value = "a passport";
  typed.dispatchEvent(new Event("input", { bubbles: true }));
  typed.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  await settle();
  expect(find<HTMLInputElement>("input.words")?.value).toBe("a passport");
});

test("a draft that is being saved is saved as whose it is", async () => {
  slow.path = "/conversations/1/drafts";
  const go = await open();
  await soon(() => expect(slow.waits.length).toBeGreaterThan(0));
  await go(2);
  drafts.write(2, "reply", { text: "for Bo, more" });
  for (const answer of slow.waits) answer();
  await soon(() => expect(asked.filter(({ method, path }) => method === "PUT" && path === "/conversations/2/drafts/reply").at(-1)?.body).toMatchObject({ text: "for Bo, more" }));
  expect(asked.filter(({ method, path, body }) => method === "PUT" && (path.includes("/1/") ? "for Ana" : "for Bo, more") !== (body as { text: string }).text)).toEqual([]);
  expect(words()).toEqual(["for Ana", "for Bo, more"]);
});

test("a copy that is half typed goes to nobody else's", async () => {
  const go = await open();
  button("Cc and Bcc").click();
  await settle();
  const typed = find<HTMLInputElement>(".recipients input")!;
  typed.value = "boss@ana.example";
  typed.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  await go(2);
  await settle();
  expect([1, 2].map((id) => drafts.of(id, "reply").copies.map((one) => one.address))).toEqual([["boss@ana.example"], []]);
});

test("words on a picture that are half typed are on it, and on nobody else's", async () => {
  drafts.write(1, "reply", { files: [attachment(7)] });
  const go = await open();
  await soon(() => expect(find(".alt")).not.toBeNull());
  find(".alt")!.click();
  await settle();
  const typed = find<HTMLInputElement>("input.words")!;
  typed.value = "a passport";
  typed.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  await go(2);
  expect(asked.filter(({ path }) => path === "/uploads/7").map(({ body }) => body)).toEqual([{ description: "a passport" }]);
});

test("a question for how it was stands in the answer of whom it is asked", async () => {
  const go = await open();
  button("Ask for a rating").click();
  await go(2);
  await soon(() => expect(words()[0]).toContain("for Ana\n\n"));
  expect(words()[1]).toBe("for Bo");
});

test("a time that was asked for one answer sends no other", async () => {
  const go = await open();
  button("More ways to send").click();
  await soon(() => expect(find("[role=menu]")).not.toBeNull());
  [...document.querySelectorAll<HTMLElement>("[role=menuitem]")].find((one) => one.textContent.includes("Send later"))!.click();
  await soon(() => expect(find("[role=dialog] form")).not.toBeNull());
  find<HTMLElement>("[role=dialog] .offers button")!.click();
  await settle();
  const begun = find<HTMLFormElement>("[role=dialog] form")!;
  const gone = go(2);
  begun.requestSubmit();
  await gone;
  await settle();
  expect([find("[role=dialog]:not([data-state=closed])"), posted(), words()]).toEqual([null, [], ["for Ana", "for Bo"]]);
});
