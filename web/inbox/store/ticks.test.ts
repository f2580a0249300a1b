import { expect, test } from "vitest";
import { delivery, reach } from "./samples";
import { otherWay, receiptsOf, silenceAfter } from "./ticks";

test.each([
  ["sent", ["accepted"], "all"],
  ["sent", ["accepted", "delivered"], "read"],
  ["sent", ["accepted", "delivered", "read"], null],
  ["delivered", ["accepted", "delivered"], "read"],
  ["delivered", ["accepted", "delivered", "read"], null],
  ["read", ["accepted"], null],
  ["failed", ["accepted"], null],
  ["sent", undefined, null],
] as const)("of one that is %s, where %j is told, %s stays unsaid", (state, receipts, silence) => {
  expect(silenceAfter(state, receipts)).toBe(silence);
});

test("what is told is asked of the account that carried it, else of its channel", () => {
  const told = reach(1, { account_id: 5, channel: "mail" });
  const of = (changes: object): readonly string[] | undefined => receiptsOf([told], delivery(1, 1, changes));
  expect([of({ account_id: 5 }), of({ account_id: 6, channel: "mail" }), of({ account_id: 6, channel: "chat" })]).toEqual([[], [], undefined]);
});

test("the other way is one that is open and not the one that failed", () => {
  const ways = [reach(1), reach(2, { is_available: false }), reach(3)];
  expect(otherWay(ways, delivery(1, 1, { place_id: 1 }))?.place_id).toBe(3);
  expect(otherWay(ways.slice(0, 2), delivery(1, 1, { place_id: 1 }))).toBeUndefined();
});
