import { expect, test } from "vitest";
import type { Reach } from "../../shared/api-types";
import { bodyOf, type Chosen } from "./reply";
import { reach } from "./samples";

const buttons = (are: boolean): Reach => reach(1, { capabilities: { ...reach(1).capabilities, buttons: are } });

function chosen(place: Reach): Chosen {
  const written = { text: "Which one?", spans: [], subject: "", copies: [], files: [], named: [], topicId: null };
  return { kind: "reply", written, files: [], current: undefined, place, privacy: {}, seenId: 7, then: { offers: ["Seven", "Eight"] } } as unknown as Chosen;
}

test("answers are offered where the channel has buttons, and nowhere else", () => {
  expect(bodyOf(chosen(buttons(true))).offers).toEqual(["Seven", "Eight"]);
  expect(bodyOf(chosen(buttons(false))).offers).toBeUndefined();
});
