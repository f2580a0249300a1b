// What an agent can write: lines, each maybe quoted or of a list, and lines of code. Flat, as the text that goes out is.
import { Schema, type DOMOutputSpec } from "prosemirror-model";

export type ListKind = "" | "bullet" | "number";

const fromLine = (dom: HTMLElement) => ({ list: dom.dataset.list ?? "", quote: dom.hasAttribute("data-quote") });

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    line: {
      content: "text*",
      group: "block",
      attrs: { list: { default: "" }, quote: { default: false } },
      parseDOM: [{ tag: "p", getAttrs: fromLine }],
      toDOM: (node): DOMOutputSpec => [
        "p",
        {
          dir: "auto",
          ...(node.attrs.list ? { "data-list": String(node.attrs.list) } : {}),
          ...(node.attrs.quote ? { "data-quote": "" } : {}),
        },
        0,
      ],
    },
    code_lines: {
      content: "text*",
      group: "block",
      marks: "",
      code: true,
      defining: true,
      attrs: { language: { default: "" } },
      parseDOM: [
        { tag: "pre", preserveWhitespace: "full", getAttrs: (dom) => ({ language: dom.dataset.language ?? "" }) },
      ],
      toDOM: (node): DOMOutputSpec => ["pre", { dir: "ltr", "data-language": String(node.attrs.language) }, ["code", 0]],
    },
    text: {},
  },
  marks: {
    link: {
      attrs: { href: {} },
      inclusive: false,
      parseDOM: [{ tag: "a[href]", getAttrs: (dom) => linkOf(dom.getAttribute("href")) }],
      toDOM: (mark): DOMOutputSpec => ["a", { href: String(mark.attrs.href), rel: "noopener noreferrer nofollow" }, 0],
    },
    spoiler: { parseDOM: [{ tag: "span[data-spoiler]" }], toDOM: (): DOMOutputSpec => ["span", { "data-spoiler": "" }, 0] },
    bold: {
      parseDOM: [
        { tag: "strong" },
        // Some writers wrap whole documents in a <b> that is not bold.
        { tag: "b", getAttrs: (dom) => dom.style.fontWeight !== "normal" && null },
        { style: "font-weight", getAttrs: (weight) => /^(bold(er)?|[6-9]\d\d)$/.test(weight) && null },
      ],
      toDOM: (): DOMOutputSpec => ["strong", 0],
    },
    italic: {
      parseDOM: [{ tag: "i" }, { tag: "em" }, { style: "font-style=italic" }],
      toDOM: (): DOMOutputSpec => ["em", 0],
    },
    underline: { parseDOM: [{ tag: "u" }, { tag: "ins" }], toDOM: (): DOMOutputSpec => ["u", 0] },
    strike: { parseDOM: [{ tag: "s" }, { tag: "del" }, { tag: "strike" }], toDOM: (): DOMOutputSpec => ["s", 0] },
    code: { excludes: "code", parseDOM: [{ tag: "code" }, { tag: "kbd" }], toDOM: (): DOMOutputSpec => ["code", 0] },
  },
});

/** What a person means who types an address: `example.org` and `ana@example.org` too. Null: it leads nowhere safe. */
export function addressOf(typed: string): string | null {
  const bare = typed.trim();
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(bare)
    ? bare
    : /^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(bare)
      ? `mailto:${bare}`
      : /^[^\s/]+\.[^\s/]{2,}/.test(bare)
        ? `https://${bare}`
        : "";
  if (!/^(https?:\/\/[^/]|mailto:.|tel:.)/i.test(whole) || /[\s<>"`\\^{|}]/.test(whole) || !URL.canParse(whole)) return null;
  return whole;
}

function linkOf(href: string | null): { href: string } | false {
  const found = href && /^(https?:|mailto:|tel:)/i.test(href) ? addressOf(href) : null;
  return found ? { href: found } : false;
}
