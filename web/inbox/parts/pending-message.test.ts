// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { expect, test } from "vitest";
import { outbox, type Pending, type PendingState } from "../store/outbox.svelte";
import PendingMessage from "./PendingMessage.svelte";

const pending = (key: string, state: PendingState): Pending => ({
  key, state, agentId: 1, personId: 1, body: { client_key: key, kind: "reply", text: key }, attachments: [], accountId: 1,
  channel: "telegram", shownAs: "", reason: "", lastMessageId: null, at: 0,
});

test.each([
  ["offline", "Waiting for the connection"],
  ["moved_on", "Waits for the one above"],
  ["sending", "Sending"],
] as const)("behind one that is %s, what was sent after it says: %s", async (state, words) => {
  const [first, second] = [pending("a", state), pending("b", "sending")];
  outbox.all = [first, second];
  const shown = mount(PendingMessage, { target: document.body, props: { pending: second, personId: 1 } });
  expect(document.querySelector("footer")?.textContent.trim()).toBe(words);
  await unmount(shown);
});

test("what is left by the one before it can be sent or edited", async () => {
  const left = pending("b", "left");
  outbox.all = [left];
  const shown = mount(PendingMessage, { target: document.body, props: { pending: left, personId: 1 } });
  expect(document.querySelector("footer span")?.textContent.trim()).toBe("Not sent: the one before it did not go out");
  expect([...document.querySelectorAll("footer button")].map((one) => one.textContent.trim())).toEqual(["Send", "Edit"]);
  await unmount(shown);
});
