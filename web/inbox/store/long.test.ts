import { expect, test } from "vitest";
import { isLong } from "./long";

test.each([
  ["a word", "Hello", false],
  ["a long paragraph that is read at one look", "a".repeat(2000), false],
  ["5,000 letters", "lorem ipsum ".repeat(417), true],
  ["many short lines", "x\n".repeat(40), true],
  ["Chinese, which takes twice the room", "请".repeat(1300), true],
  ["as many Latin letters", "a".repeat(1300), false],
])("%s", (_, text, long) => expect(isLong(text)).toBe(long));
