// @vitest-environment happy-dom
// The same person is read again while a dialog of theirs is open: nothing of it goes.
import { flushSync, mount, tick, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Merge } from "../../shared/api-types";
import { conversation, person } from "../store/samples";
import { toThread } from "../store/thread";

vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ suggestions: [], pages: [], notes: [], fields: [], deadlines: [], changes: [] }), { headers: { "Content-Type": "application/json" } }));
const { session } = await import("../store/session.svelte");
const { loadPersonWords } = await import("../store/person-words.svelte");
const { default: PersonPanel } = await import("./PersonPanel.svelte");

let panel: Record<string, unknown> | undefined;
afterEach(async () => {
  if (panel) await unmount(panel);
  document.body.replaceChildren();
});

test("the reason for an undo can be written on while the conversation is read anew", async () => {
  await loadPersonWords("en");
  session.me = { agent: { id: 1, name: "Cy", settings: {} }, permissions: ["identities.change"] } as unknown as typeof session.me;
  const merge = { id: 5, kind: "merge", loser_id: 2, loser_name: "Wei", agent: null, ground: "evidence", merged_at: "2026-05-20T10:00:00Z", undone_at: null, reason: "" } as unknown as Merge;
  const nothing = { messages: [], has_before: false, has_after: false, chapters: [] } as unknown as Parameters<typeof toThread>[1];
  const read = () => toThread(conversation({ person: person({ id: 1 }), merges: [merge] }), nothing);
  const props = $state({ thread: read() });
  panel = mount(PersonPanel as unknown as Component<typeof props>, { target: document.body, props });
  flushSync();
  [...document.querySelectorAll("button")].find((one) => one.getAttribute("aria-label")?.includes("Wei"))!.click();
  const dialog = (): Element | null => document.querySelector("[role=dialog] input");
  await vi.waitFor(() => expect(dialog()?.isConnected).toBe(true));
  const before = dialog();
  props.thread = read();
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
  await tick();
  expect(dialog()).toBe(before);
});
