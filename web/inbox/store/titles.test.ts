import { expect, test } from "vitest";
import { titles } from "./titles.svelte";

test("a page that goes gives the tab its name back, whether or not the next one came first", () => {
  const first = titles.lend("Settings");
  const second = titles.lend("Ana");
  first();
  expect(titles.current).toBe("Ana");
  second();
  expect(titles.current).toBeUndefined();
});
