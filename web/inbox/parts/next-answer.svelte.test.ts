// @vitest-environment happy-dom
// After an answer, the next one goes where the person last wrote: not on by the channel of the one before.
// One that is begun goes where it was begun for, however they write meanwhile, and else asks.
import { afterEach, beforeEach, expect, test } from "vitest";
import { asked, begin, button, end, field, find, open, settle, soon } from "./two-conversations.svelte";

const { message, reach } = await import("../store/samples");
const { putMessage } = await import("../store/thread");
const { crossings } = await import("../store/crossings.svelte");
const { drafts } = await import("../store/drafts.svelte");
const { threads } = await import("../store/threads.svelte");
const SECOND = 11;
beforeEach(begin);
afterEach(() => (crossings.forget(), end()));

const places = (): unknown[] => asked.filter((one) => one.path === "/conversations/1/messages").map(({ body }) => (body as { place_id: number }).place_id);

/** By which places everything has gone by now. */
async function send(text: string): Promise<unknown[]> {
  const before = places().length;
  drafts.write(1, "reply", { text });
  await settle();
  button("Send").click();
  await soon(() => expect(places().length).toBe(before + 1));
  return places();
}

test("the channel of one answer is not that of the next, while the page has never read the draft again", async () => {
  await open();
  drafts.write(1, "reply", { placeId: SECOND });
  await send("by the second");
  expect(await send("to where they wrote")).toEqual([SECOND, 10]);
});

test("a channel that is kept stays for the next answers until it is let go", async () => {
  await open();
  crossings.keep(1, SECOND);
  await send("one");
  await send("two");
  crossings.keep(1, null);
  expect(await send("three")).toEqual([SECOND, SECOND, 10]);
});

async function press(...keys: [string, KeyboardEventInit?][]): Promise<void> {
  for (const [key, changes] of keys) field().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...changes }));
  await settle();
}

/** Ana writes from another address: the desk would answer her there now. */
async function writesElsewhere(): Promise<void> {
  threads.change(1, (thread) => ({
    ...thread,
    reach: thread.reach.map((one) => (one.place_id === SECOND ? { ...one, account_id: 2, is_default: true, last_inbound_at: "2026-05-20T11:00:00Z" } : { ...one, is_default: false })),
  }));
  await settle();
}
const asksWhere = (): boolean => find(".target.asked") !== null;

test("an answer that is begun for one place asks before it goes to another where they have written since", async () => {
  await open();
  await press(["Enter", { shiftKey: true }]);
  await writesElsewhere();
  button("Send").click();
  await settle();
  expect([places(), asksWhere()]).toEqual([[], true]);
  find<HTMLElement>(".target.asked button")!.click();
  await soon(() => expect(places()).toEqual([10]));
  await settle();
  expect(await send("the next one")).toEqual([10, SECOND]);
});

test("an answer that was begun and taken away again holds no place, one that its agent chose for it does", async () => {
  await open();
  const away: [string, KeyboardEventInit?][] = [["Enter", { shiftKey: true }], ["a", { ctrlKey: true }], ["Backspace"]];
  await press(...away);
  expect([drafts.of(1, "reply").text, drafts.of(1, "reply").placeId]).toEqual(["", null]);
  crossings.confirm(1, SECOND, null);
  drafts.write(1, "reply", { text: "chosen", placeId: SECOND });
  await settle();
  await press(...away);
  expect([drafts.of(1, "reply").text, drafts.of(1, "reply").placeId]).toEqual(["", SECOND]);
});

test("an answer that is begun before it is known where they wrote from goes there, and asks nothing", async () => {
  await open();
  threads.change(1, (thread) => putMessage(thread, message(150, { person_id: 1, case_id: 1, place_id: 12, text: "From elsewhere" })));
  await settle();
  await press(["Enter", { shiftKey: true }]);
  expect(drafts.of(1, "reply").placeId).toBeNull();
  threads.change(1, (thread) => ({ ...thread, reach: [reach(12, { identity_id: 1, is_default: true }), ...thread.reach.map((one) => ({ ...one, is_default: false }))] }));
  await settle();
  button("Send").click();
  await soon(() => expect(places()).toEqual([12]));
});
