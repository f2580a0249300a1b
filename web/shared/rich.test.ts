import { describe, expect, it } from "vitest";
import { isSafe, lines, pieces, type Mark, type Piece, type Span } from "./rich";

const span = (mark: Mark, start: number, end: number, url?: string): Span => ({ mark, start, end, ...(url ? { url } : {}) });
/** As markup, for reading. */
const shown = (all: readonly Piece[]): string =>
  all.map((one) => (typeof one === "string" ? one : `<${one.span.mark}>${shown(one.inside)}</>`)).join("");

describe("formatted text", () => {
  it("is a tree of its spans", () => {
    const text = "read our terms first";
    expect(shown(pieces(text, [span("link", 5, 14, "https://e.org"), span("bold", 9, 14)]))).toBe(
      "read <link>our <bold>terms</></> first",
    );
  });

  it("counts code points, not UTF-16 units", () => {
    expect(shown(pieces("\u{1f600} yes", [span("bold", 2, 5)]))).toBe("\u{1f600} <bold>yes</>");
  });

  it("draws no empty line beside a block", () => {
    const text = "he said\nyes\nno\n\nso?";
    expect(shown(pieces(text, [span("quote", 8, 14)]))).toBe("he said<quote>yes\nno</>\nso?");
    expect(shown(pieces("a\nb\nc", [span("pre", 0, 1), span("quote", 2, 3)]))).toBe("<pre>a</><quote>b</>c");
  });

  it("leaves out spans that cross or are not in the text, and no character", () => {
    expect(shown(pieces("abcdef", [span("bold", 0, 4), span("italic", 2, 6), span("code", 5, 9)]))).toBe(
      "<bold>abcd</>ef",
    );
  });

  it("splits a list into its lines", () => {
    const [list] = pieces("• one\n• two", [span("list", 0, 11), span("bold", 8, 11)]);
    expect(typeof list === "object" && lines(list.inside).map(shown)).toEqual(["• one", "• <bold>two</>"]);
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "//e.org", "https://", "", undefined])("leads nowhere by %s", (url) => {
    expect(isSafe(url)).toBe(false);
  });
});
