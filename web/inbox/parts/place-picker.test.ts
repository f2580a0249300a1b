// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { expect, test } from "vitest";
import { identity } from "../store/samples";
import PlacePicker from "./PlacePicker.svelte";

test("who never wrote can be written to first; who is known by nothing cannot be reached", async () => {
  for (const [identities, isOpen] of [[[identity(1)], true], [[], false]] as const) {
    const props = { personId: 1, reach: [], identities, chosen: null, isLow: () => false, onchoose: () => undefined };
    const shown = mount(PlacePicker, { target: document.body, props });
    const button = document.querySelector<HTMLButtonElement>("[data-reach]");
    expect([button?.disabled, button?.textContent.trim()]).toEqual(isOpen ? [false, "Channel for the reply"] : [true, "No channel reaches this person"]);
    await unmount(shown);
  }
});
