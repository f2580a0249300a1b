// @vitest-environment happy-dom
import { expect, test } from "vitest";
import read from "./style-text";

test("a style text is told property by property, with what stands in quotes whole", () => {
  const told: string[][] = [];
  read(`color: red; --quoted: "a: b";`, (...one) => told.push(one));
  expect(told).toEqual([["color", "red"], ["--quoted", `"a: b"`]]);
});
