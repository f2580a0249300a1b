import { expect, test } from "vitest";
import { fitted, isWorth, jpegName } from "./shrink";

test("a picture keeps its proportion within the longest side, and never grows", () => {
  expect(fitted(4096, 3072)).toEqual({ width: 2048, height: 1536 });
  expect(fitted(3072, 4096)).toEqual({ width: 1536, height: 2048 });
  expect(fitted(800, 600)).toEqual({ width: 800, height: 600 });
  expect(fitted(100_000, 1)).toEqual({ width: 2048, height: 1 });
});

test("only large pictures are offered to be made smaller", () => {
  expect(isWorth({ type: "image/jpeg", size: 4_000_000 })).toBe(true);
  expect(isWorth({ type: "image/jpeg", size: 200_000 })).toBe(false);
  expect(isWorth({ type: "image/gif", size: 4_000_000 })).toBe(false);
  expect(isWorth({ type: "application/pdf", size: 4_000_000 })).toBe(false);
});

test("its name says what it is now", () => {
  expect(jpegName("holiday.png")).toBe("holiday.jpg");
  expect(jpegName("v1.2 draft")).toBe("v1.2 draft.jpg");
});
