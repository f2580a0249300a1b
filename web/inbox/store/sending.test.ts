import { expect, test } from "vitest";
import { readSending, sendsOn } from "./sending";

const press = (changes: Partial<KeyboardEvent> = {}) =>
  ({ key: "Enter", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, isComposing: false, keyCode: 13, ...changes }) as KeyboardEvent;
const chat = { enterSends: true, isLetter: false };

test("Ctrl+Enter always sends, and with Shift solves", () => {
  expect(sendsOn(press({ ctrlKey: true }), { enterSends: false, isLetter: true })).toBe("send");
  expect(sendsOn(press({ metaKey: true }), { enterSends: false, isLetter: false })).toBe("send");
  expect(sendsOn(press({ ctrlKey: true, shiftKey: true }), chat)).toBe("solve");
});

test("Enter alone sends by choice only, and never a letter", () => {
  expect(sendsOn(press(), chat)).toBe("send");
  expect(sendsOn(press(), { enterSends: false, isLetter: false })).toBeNull();
  expect(sendsOn(press(), { enterSends: true, isLetter: true })).toBeNull();
  expect(sendsOn(press({ shiftKey: true }), chat)).toBeNull();
});

test.each([{ isComposing: true }, { keyCode: 229 }])("Enter that chooses a word of an input method sends nothing: %o", (composing) => {
  expect(sendsOn(press(composing), chat)).toBeNull();
  expect(sendsOn(press({ ...composing, ctrlKey: true }), chat)).toBeNull();
});

test("whatever else lies in the settings is no choice", () => {
  expect(readSending(undefined)).toEqual({ enterSends: false, claims: false });
  expect(readSending({ sending: "yes" })).toEqual({ enterSends: false, claims: false });
  expect(readSending({ sending: { enterSends: true, claims: 1 } })).toEqual({ enterSends: true, claims: false });
});
