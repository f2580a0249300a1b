// What two devices make of one draft: no word of either is lost, and what was sent does not come back.
import { expect, test } from "vitest";
import type { Attachment } from "../../shared/api-types";
import type { Written } from "./drafts.svelte";
import { reconciled } from "./reconciled";

const written = (text: string, more: Partial<Written> = {}): Written => ({
  text, spans: [], files: [], subject: "", placeId: null, topicId: null, copies: [], named: [], offers: [], ...more,
});
const file = (id: number): Attachment => ({ id }) as Attachment;

test.each([
  ["recalled words stand ahead of what is typed on", "Newer", "Recalled.\n\nNewer", "Newer words", "Recalled.\n\nNewer words"],
  ["words typed ahead stay ahead of theirs", "day", "day to you", "Good day", "Good day to you"],
  ["what was sent elsewhere does not come back", "Good day", "", "Good day. And more", ". And more"],
  ["what is in the other already is not said twice", "", "Good", "Good day", "Good day"],
  ["what is in mine already is not said twice", "", "Good day", "Good", "Good day"],
  ["one place written in two ways keeps both", "Good day", "Good evening", "Good morning", "Good evening\nGood morning"],
  ["nothing new here leaves theirs", "Good", "Good day", "Good", "Good day"],
  ["nothing new there leaves mine", "Good", "Good", "Good day", "Good day"],
])("%s", (_name, base, theirs, mine, expected) => {
  expect(reconciled(written(base), written(theirs), written(mine)).text).toBe(expected);
});

test("formatting moves with the words that it is of", () => {
  const bold = (start: number, end: number) => [{ mark: "bold", start, end }] as Written["spans"];
  const made = reconciled(
    written("day"), written("Recalled 👍 day", { spans: bold(0, 8) }), written("day dear", { spans: bold(4, 8) }),
  );
  expect(made.text).toBe("Recalled 👍 day dear");
  expect(made.spans).toEqual([...bold(0, 8), ...bold(15, 19)]);
});

test("files of both are kept, without those that were sent elsewhere", () => {
  const made = reconciled(
    written("", { files: [file(1), file(2)] }), written("", { files: [file(2), file(3)] }), written("", { files: [file(1), file(2), file(4)] }),
  );
  expect(made.files.map((one) => one.id)).toEqual([3, 2, 4]);
});

test("of a subject, mine counts where I wrote it", () => {
  expect(reconciled(written(""), written("", { subject: "theirs" }), written("")).subject).toBe("theirs");
  expect(reconciled(written(""), written("", { subject: "theirs" }), written("", { subject: "mine" })).subject).toBe("mine");
});
