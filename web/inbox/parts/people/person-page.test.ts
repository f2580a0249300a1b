// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import type { Thread } from "../../store/thread";
import { threads } from "../../store/threads.svelte";
import PersonPage from "./PersonPage.svelte";

vi.mock("../PersonPanel.svelte", () => ({ default: () => undefined }));

test("a person whom a merge or a gap in the feed takes away is asked for again", async () => {
  const want = vi.spyOn(threads, "want").mockReturnValue(undefined);
  const shown = mount(PersonPage, { target: document.body, props: { id: 3 } });
  flushSync();
  expect(want).toHaveBeenCalledTimes(1);

  threads.open.set(3, { person: { id: 3, display_name: "Ana" } } as Thread);
  flushSync();
  expect(document.querySelector("[role=progressbar]")).toBeNull();
  threads.open.delete(3);
  flushSync();

  expect(want).toHaveBeenCalledTimes(2);
  await unmount(shown);
});
