// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { NewMessage, Reach } from "../../shared/api-types";
import { drafts } from "../store/drafts.svelte";
import { sendDraft } from "../store/dispatch";
import { outbox, type Pending, type PendingState } from "../store/outbox.svelte";
import { PLAIN } from "../store/public";
import { privacy } from "../store/privacy.svelte";
import { bodyOf } from "../store/reply";
import { conversation, reach } from "../store/samples";
import { toThread } from "../store/thread";
import { threads } from "../store/threads.svelte";
import PendingMessage from "./PendingMessage.svelte";

vi.stubGlobal("fetch", () => new Promise(() => undefined));
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

const group = reach(7, { place: { id: 7, kind: "group", title: "Team", parent_title: "" } as Reach["place"] });
group.capabilities = { ...group.capabilities, buttons: true };
const alone = reach(8);
const page = { messages: [], has_before: false, has_after: false, chapters: [] } as unknown as Parameters<typeof toThread>[1];
const thread = toThread(conversation({ reach: [group, alone] }), page);
afterEach(() => {
  drafts.forget();
  threads.clear();
  privacy.clear(1);
  outbox.forget();
  window.localStorage.clear();
});

/** What is sent next, after `body` was refused and its agent pressed "Edit". */
async function edited(body: Partial<NewMessage>): Promise<NewMessage> {
  threads.open.set(1, thread);
  const refused = { ...pending("c", "moved_on"), body: { client_key: "c", kind: "reply", text: "Your address", ...body } as NewMessage };
  outbox.all = [refused];
  window.localStorage.setItem("onethread.outbox.1.c", JSON.stringify(refused));
  const shown = mount(PendingMessage, { target: document.body, props: { pending: refused, personId: 1 } });
  [...document.querySelectorAll<HTMLElement>("footer button")].find((one) => one.textContent.trim() === "Edit")!.click();
  await unmount(shown);
  const written = drafts.of(1, "reply");
  const place = thread.reach.find((one) => one.place_id === written.placeId) ?? group;
  return bodyOf({ kind: "reply", written, files: [], current: undefined, place, privacy: privacy.of(1), seenId: undefined });
}

test("an answer that is edited goes where it went, as privately, on the same matter", async () => {
  const chosen = { place_id: 7, in_private: true, is_private: true, public_line: "Look into your messages.", topic_id: 5, offers: ["Yes", "No"] };
  expect(await edited(chosen)).toMatchObject({ text: "Your address", ...chosen });
});

test.each([
  ["a private answer ahead of words for all", { place_id: 7 }, { place_id: 7, in_private: true }, true],
  ["an answer to them alone ahead of words for all", { place_id: 7 }, { place_id: 8 }, true],
  ["an answer to all ahead of words for them alone", { place_id: 8 }, { place_id: 7 }, true],
  ["an answer to all ahead of words for all", { place_id: 7 }, { place_id: 7 }, false],
] as const)("%s: nobody reads what was not for them", async (_, standing, body, isPrivate) => {
  drafts.write(1, "reply", { text: "standing", placeId: standing.place_id });
  expect(await edited(body)).toMatchObject({ place_id: body.place_id, text: "Your address\nstanding" });
  expect(privacy.of(1).inPrivate).toBe(isPrivate);
});

test("a note that is sent leaves the answer as private as it was", () => {
  privacy.choose(1, { inPrivate: true });
  drafts.write(1, "note", { text: "for us" });
  sendDraft({ thread, kind: "note", place: group, current: undefined }, {});
  expect(privacy.of(1).inPrivate).toBe(true);
  drafts.write(1, "reply", { text: "for them" });
  sendDraft({ thread, kind: "reply", place: group, current: undefined }, {});
  expect(privacy.of(1)).toEqual(PLAIN);
  expect(outbox.all.map(({ body }) => body.in_private)).toEqual([undefined, true]);
});
