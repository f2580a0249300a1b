import { expect, test } from "vitest";
import { between } from "./picking";

test("a range goes either way and takes both ends", () => {
  expect(between([5, 4, 3, 2, 1], 4, 2)).toEqual([4, 3, 2]);
  expect(between([5, 4, 3, 2, 1], 2, 4)).toEqual([4, 3, 2]);
});

test("without a beginning a range is its end, and of what is gone it is nothing", () => {
  expect(between([3, 2, 1], null, 2)).toEqual([2]);
  expect(between([3, 2, 1], 9, 2)).toEqual([2]);
  expect(between([3, 2, 1], 3, 9)).toEqual([]);
});
