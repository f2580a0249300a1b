// @vitest-environment happy-dom
// Persons and agents are counted apart: a person may have the number of an agent who has a photo.
import { mount, tick, unmount, type Component } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import { conversation, oneCase, person, row } from "../store/samples";

vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ photos: [{ agent_id: 7, version: "a" }] }), { headers: { "Content-Type": "application/json" } }));
const { photos } = await import("../store/photos.svelte");
const { session } = await import("../store/session.svelte");
const { toThread } = await import("../store/thread");
const { default: ConversationHead } = await import("./ConversationHead.svelte");
const { default: Row } = await import("./Row.svelte");

let shown: Record<string, unknown> | undefined;
async function show<Props extends Record<string, unknown>>(part: Component<Props>, props: Props): Promise<(box: string) => number> {
  shown = mount(part, { target: document.body, props });
  await tick();
  return (box) => document.querySelectorAll(`${box} img`).length;
}
beforeEach(async () => {
  session.me = { agent: { id: 1, name: "Cy", settings: {} }, permissions: [] } as unknown as Me;
  await photos.load();
});
afterEach(() => void (shown && unmount(shown)));

test("a row shows the photo of who owns the case, and none for the person of the same number", async () => {
  const photosIn = await show(Row, { id: 7, view: "open", row: row({ person_id: 7, owner: { id: 7, name: "Cy" } }), isSelected: false, agentId: 1 });
  expect([photosIn(".face"), photosIn(".end")]).toEqual([0, 1]);
});

test("over a conversation stands no agent's photo for the person of the same number", async () => {
  const said = conversation({ person: person({ id: 7 }), cases: [oneCase(7, { person_id: 7 })] });
  const thread = toThread(said, { messages: [], has_before: false, has_after: false, chapters: [] } as unknown as Parameters<typeof toThread>[1]);
  const photosIn = await show(ConversationHead, { thread, view: "open", panelIsOpen: false, onpanel: () => undefined });
  expect([document.querySelectorAll("header .face").length, photosIn("header")]).toEqual([1, 0]);
});
