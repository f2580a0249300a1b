// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { flatten } from "./flatten";
import { DOMParser } from "prosemirror-model";
import { addressOf, schema } from "./schema";
import { fromRich, toRich, type Rich } from "./texts";

const round = (rich: Rich): Rich => toRich(fromRich(rich));

describe("texts in the editor", () => {
  const written: Rich = {
    text: "Dear \u{1f600} Ana,\n\nread this\n• one two\n• three\nso?\n1. a\n2. b\nif x:\n  y\n\nthey said\nno",
    spans: [
      { mark: "bold", start: 5, end: 10 },
      { mark: "link", start: 18, end: 22, url: "https://example.org/a" },
      { mark: "list", start: 23, end: 40 },
      { mark: "italic", start: 25, end: 28 },
      { mark: "list", start: 45, end: 54 },
      { mark: "pre", start: 55, end: 64, language: "python" },
      { mark: "quote", start: 66, end: 78 },
    ],
  };

  it("come back as they were", () => {
    expect(round(written)).toEqual(written);
  });

  it("come back plain where they are plain", () => {
    for (const text of ["", "a", "a\n\n\nb", "\na\n", "- no list\n1. none", "• neither"]) {
      expect(round({ text, spans: [] })).toEqual({ text, spans: [] });
    }
  });

  it("number their lists anew", () => {
    const rich = { text: "7. a\n9. b", spans: [{ mark: "list" as const, start: 0, end: 9 }] };
    expect(round(rich).text).toBe("1. a\n2. b");
  });

  it("keep spans that cross", () => {
    const rich: Rich = { text: "abcdefgh", spans: [{ mark: "bold", start: 0, end: 5 }, { mark: "italic", start: 3, end: 8 }] };
    expect(round(rich)).toEqual(rich);
  });
});

describe("what is pasted", () => {
  const pasted = (html: string): Rich => {
    const root = document.createElement("div");
    root.append(document.createRange().createContextualFragment(html));
    flatten(root);
    return toRich(DOMParser.fromSchema(schema).parse(root));
  };

  it("keeps its formatting as lines", () => {
    const got = pasted(
      "<h2>Terms</h2><p>Read <a href='https://example.org'>this <b>page</b></a>:<br>now</p>" +
        "<ul><li><p>one</p></li><li>two <i>too</i><ol><li>deep</li></ol></li></ul><blockquote><p>no</p></blockquote><pre><code class='language-py'>a = 1\n</code></pre>",
    );
    expect(got.text).toBe("Terms\nRead this page:\nnow\n• one\n• two too\n1. deep\nno\na = 1");
    expect(got.spans.map((one) => `${one.mark} ${one.start}-${one.end}`)).toEqual([
      "bold 0-5", "link 11-20", "bold 16-20", "list 26-49", "italic 38-41", "quote 50-52", "pre 53-58",
    ]);
    expect(got.spans.at(-1)?.language).toBe("py");
  });

  it("brings neither scripts nor their links", () => {
    const got = pasted("<p>a<script>alert(1)</script><a href='javascript:alert(1)'>b</a><style>p{}</style></p>");
    expect(got).toEqual({ text: "ab", spans: [] });
  });
});

describe("an address", () => {
  it.each([
    ["example.org/a", "https://example.org/a"],
    ["ana@example.org", "mailto:ana@example.org"],
    [" https://example.org ", "https://example.org"],
    ["tel:+4930123", "tel:+4930123"],
  ])("%s is %s", (typed, found) => expect(addressOf(typed)).toBe(found));

  it.each(["javascript:alert(1)", "data:text/html,x", "two words", "", "word"])("%s is none", (typed) =>
    expect(addressOf(typed)).toBeNull());
});
