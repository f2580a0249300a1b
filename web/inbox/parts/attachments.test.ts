// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { expect, test } from "vitest";
import type { Attachment } from "../../shared/api-types";
import Attachments from "./Attachments.svelte";

test("a picture is read out as its sender described it, and else by its name", async () => {
  const picture = (id: number, description: string): Attachment =>
    ({ id, name: `IMG_${id}.png`, media_type: "image/png", size: 10, state: "stored", refused_reason: "", description }) as Attachment;
  const shown = mount(Attachments, { target: document.body, props: { files: [picture(1, "An empty wallet"), picture(2, "")] } });
  flushSync();
  expect([...document.querySelectorAll("img")].map((one) => [one.alt, one.closest("a")?.title])).toEqual([["An empty wallet", "IMG_1.png"], ["IMG_2.png", "IMG_2.png"]]);
  await unmount(shown);
});
