import { expect, test } from "vitest";
import { readSending, sendsOn } from "./sending";

const press = (changes: Partial<KeyboardEvent> = {}) =>
  ({ key: "Enter", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, isComposing: false, keyCode: 13, ...changes }) as KeyboardEvent;
const chat = { enterSends: true, isLetter: false };

test("Enter with a key that is held is not Enter alone: what it does is said in the table of keys", () => {
  for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) expect(sendsOn(press(held), chat)).toBe(false);
});

test("Enter alone sends by choice only, and never a letter", () => {
  expect(sendsOn(press(), chat)).toBe(true);
  expect(sendsOn(press(), { enterSends: false, isLetter: false })).toBe(false);
  expect(sendsOn(press(), { enterSends: true, isLetter: true })).toBe(false);
  expect(sendsOn(press({ shiftKey: true }), chat)).toBe(false);
});

test.each([{ isComposing: true }, { keyCode: 229 }])("Enter that chooses a word of an input method sends nothing: %o", (composing) => {
  expect(sendsOn(press(composing), chat)).toBe(false);
});

test("whatever else lies in the settings is no choice", () => {
  expect(readSending(undefined)).toEqual({ enterSends: false, claims: false });
  expect(readSending({ sending: "yes" })).toEqual({ enterSends: false, claims: false });
  expect(readSending({ sending: { enterSends: true, claims: 1 } })).toEqual({ enterSends: true, claims: false });
});
