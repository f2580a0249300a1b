import { expect, test } from "vitest";
import { readWidths, resized, usual, widthByKey } from "./panes";

test("what is kept is read within its bounds, and anything else is the usual width", () => {
  expect(readWidths(null)).toEqual(usual());
  expect(readWidths("{not json")).toEqual(usual());
  expect(readWidths('{"views":9999,"list":"wide","person":280.4}')).toEqual({ views: 300, list: 350, person: 280 });
});

test("a pane takes no room that the conversation needs", () => {
  const shown = ["views", "list", "person"] as const;
  expect(resized(usual(), "list", 600, shown, 1600).list).toBe(560);
  expect(resized(usual(), "list", 560, shown, 1280).list).toBe(362);
  expect(resized(usual(), "list", 560, shown, 900).list).toBe(290);
});

test("arrows move the edge the way they point, on either side and in either direction of writing", () => {
  expect(widthByKey("ArrowRight", "list", 350, false, false)).toBe(366);
  expect(widthByKey("ArrowRight", "person", 310, true, false)).toBe(294);
  expect(widthByKey("ArrowRight", "list", 350, false, true)).toBe(334);
  expect(widthByKey("ArrowLeft", "person", 310, true, true)).toBe(294);
  expect(["Home", "End", "Enter", "a"].map((key) => widthByKey(key, "list", 400, false, false))).toEqual([290, 560, 350, null]);
});
