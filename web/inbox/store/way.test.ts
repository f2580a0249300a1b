import { expect, test } from "vitest";
import { delivery } from "./samples";
import { lasting, waysOf } from "./way";

const chat = { account_id: 1, channel: "chat", place_id: 1 };
const mail = { account_id: 2, channel: "mail", place_id: 2 };
const left = delivery(1, 9, { ...chat, state: "cancelled", code: "moved_on", reason: "They blocked the bot." });

test("a reply that moved on shows both ways, the first with why it was left", () => {
  const ways = waysOf([delivery(2, 9, { ...mail, state: "sent" }), left]);
  expect(ways.map((one) => [one.channel, one.isLeft, one.state, one.reason])).toEqual([
    ["chat", true, "cancelled", "They blocked the bot."],
    ["mail", false, "sent", ""],
  ]);
});

test("what was left behind does not count for how far a reply got", () => {
  const sent = delivery(2, 9, { ...mail, state: "sent" });
  expect(lasting([left, sent])).toEqual([sent]);
  expect(lasting([left])).toEqual([left]);
});

test("parts and copies of one place are one way, as far as its worst part got", () => {
  const parts = [
    delivery(1, 9, { ...mail, state: "sent" }), delivery(2, 9, { ...mail, part: 1, state: "failed", reason: "Too big." }),
    delivery(3, 9, { ...mail, state: "sent", copy_to: "b@x.example" }),
  ];
  expect(waysOf(parts).map((one) => [one.placeId, one.state, one.reason])).toEqual([[2, "failed", "Too big."]]);
});

test("a delivery that an agent let be is no way left behind", () => {
  expect(waysOf([delivery(1, 9, { ...chat, state: "cancelled" })])[0]?.isLeft).toBe(false);
});
