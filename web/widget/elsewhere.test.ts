import { expect, test } from "vitest";
import { isOpened, timeLeft } from "./elsewhere";

test.each([
  [0, "10:00"],
  [54_500, "9:06"],
  [599_000, "0:01"],
  [600_000, ""],
  [9_999_999, ""],
])("after %d ms a code is good for %s", (now, left) => {
  expect(timeLeft(600_000, now)).toBe(left);
});

test.each([
  ["https://t.me/bot?start=K7PM-2QXA-9T4D", true],
  ["mailto:help@shop.example?body=K7PM-2QXA-9T4D", true],
  ["javascript:alert(1)", false],
  [null, false],
])("%s is opened: %s", (url, opened) => expect(isOpened(url)).toBe(opened));
