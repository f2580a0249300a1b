// @vitest-environment happy-dom
// After an answer, the next one goes where the person last wrote: not on by the channel of the one before.
import { afterEach, beforeEach, expect, test } from "vitest";
import { asked, begin, button, end, open, settle, soon } from "./two-conversations.svelte";

const { crossings } = await import("../store/crossings.svelte");
const { drafts } = await import("../store/drafts.svelte");
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
