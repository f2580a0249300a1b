import { expect, it } from "vitest";
import { joined, trimmed } from "./rich";

const bold = (start: number, end: number) => ({ mark: "bold" as const, start, end });

it("trims a text's end and what was formatted of it", () => {
  expect(trimmed({ text: "a b \n", spans: [bold(0, 1), bold(2, 5), bold(3, 4)] })).toEqual({ text: "a b", spans: [bold(0, 1), bold(2, 3)] });
});

it("joins texts below each other with their formatting", () => {
  const first = { text: "\u{1f600}a", spans: [bold(0, 1)] };
  expect(joined([first, { text: "", spans: [] }, { text: "b", spans: [bold(0, 1)] }])).toEqual({
    text: "\u{1f600}a\nb",
    spans: [bold(0, 1), bold(3, 4)],
  });
});
