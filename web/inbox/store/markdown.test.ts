import { expect, test } from "vitest";
import { blocksOf, inlineOf } from "./markdown";

test("a README becomes headings, texts, lists, code and tables", () => {
  const found = blocksOf("# Set up\n\nFirst\nsecond.\n\n1. Ask `@Bot`\n   for a token\n2. Done\n\n```\n$ run\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
  expect(found.map((one) => one.kind)).toEqual(["heading", "text", "list", "code", "table"]);
  expect(found[1]).toEqual({ kind: "text", inline: [{ text: "First second.", kind: "plain", href: "" }] });
  expect(found[2]).toMatchObject({ isOrdered: true, entries: [[{ text: "Ask " }, { kind: "code" }, { text: " for a token" }], [{ text: "Done" }]] });
  expect(found[4]).toMatchObject({ rows: [[[{ text: "a" }], [{ text: "b" }]], [[{ text: "1" }], [{ text: "2" }]]] });
});

test("a link leads to https only, and HTML stays the letters that it is", () => {
  expect(inlineOf("[a](https://a.example) [b](javascript:1) <b>c</b>")).toEqual([
    { text: "a", kind: "link", href: "https://a.example" },
    { text: " ", kind: "plain", href: "" },
    { text: "b", kind: "plain", href: "" },
    { text: " <b>c</b>", kind: "plain", href: "" },
  ]);
});

test("whatever is given, it ends", () => {
  expect(blocksOf("```\nnever closed")).toEqual([{ kind: "code", text: "never closed" }]);
  expect(blocksOf("|")).toHaveLength(1);
  expect(blocksOf("-\n- a")).toHaveLength(2);
});
