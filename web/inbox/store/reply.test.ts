import { expect, test } from "vitest";
import type { Reach } from "../../shared/api-types";
import { bodyOf, type Chosen } from "./reply";
import { reach } from "./samples";
import { EMPTY, toOptions, toWritten } from "./written";

const buttons = (are: boolean): Reach => reach(1, { capabilities: { ...reach(1).capabilities, buttons: are } });

function chosen(place: Reach): Chosen {
  const written = { text: "Which one?", spans: [], subject: "", copies: [], files: [], named: [], topicId: null, offers: ["Nine"] };
  return { kind: "reply", written, files: [], current: undefined, place, privacy: {}, seenId: 7, then: { offers: ["Seven", "Eight"] } } as unknown as Chosen;
}

test("answers are offered where the channel has buttons, and nowhere else", () => {
  expect(bodyOf(chosen(buttons(true))).offers).toEqual(["Seven", "Eight"]);
  expect(bodyOf(chosen(buttons(false))).offers).toBeUndefined();
});

test("what an answer that was taken back had offered goes with it again, unless it is chosen anew", () => {
  const { written, then: _then, ...rest } = chosen(buttons(true));
  expect(bodyOf({ ...rest, written }).offers).toEqual(["Nine"]);
  expect(bodyOf({ ...rest, written: { ...written, offers: [] } }).offers).toBeUndefined();
});

test("a draft has what its answer offers on every device", () => {
  const options = toOptions({ ...EMPTY, text: "Which one?", offers: ["Nine"] });
  expect(toWritten({ text: "Which one?", options, files: [], revision: 1 }).offers).toEqual(["Nine"]);
});
