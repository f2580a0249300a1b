import { expect, test } from "vitest";
import { moved, without } from "./ordering";

test("a step up or down changes two neighbours, and the ends stay where they are", () => {
  expect([moved(["a", "b", "c"], 1, -1), moved(["a", "b", "c"], 1, 1)]).toEqual([["b", "a", "c"], ["a", "c", "b"]]);
  expect([moved(["a", "b"], 0, -1), moved(["a", "b"], 1, 1), moved(["a"], 7, 1)]).toEqual([["a", "b"], ["a", "b"], ["a"]]);
});

test("what is taken out is gone, the rest keeps its order", () => {
  expect(without([3, 1, 2], 1)).toEqual([3, 2]);
});
