// Between the editor's document and (text, spans), the form in which texts are kept and sent. Pure.
import type { Mark as EditorMark, Node } from "prosemirror-model";
import { isBlock, type Mark, type Span } from "../../shared/rich";
import { schema, type ListKind } from "./schema";

export type Rich = { text: string; spans: readonly Span[] };

const ITEM = /^(?:(•)|(\d{1,9})\.) /;

export function toRich(doc: Node): Rich {
  const writer = new Writer();
  let number = 0;
  doc.forEach((block, _offset, index) => {
    if (index > 0) writer.write("\n");
    const start = writer.length;
    const list = (block.attrs.list ?? "") as ListKind;
    number = list === "number" ? number + 1 : 0;
    if (list) writer.write(list === "bullet" ? "• " : `${number}. `);
    block.forEach((piece) => {
      const from = writer.length;
      writer.write(piece.text ?? "");
      for (const mark of piece.marks) writer.cover(mark.type.name as Mark, from, 0, String(mark.attrs.href ?? ""));
    });
    if (block.type === schema.nodes.code_lines) writer.add({ mark: "pre", start, end: writer.length, ...languageOf(block) });
    if (list) writer.cover("list", start, 1);
    if (block.attrs.quote) writer.cover("quote", start, 1);
  });
  return writer.rich();
}

const languageOf = (block: Node) => (block.attrs.language ? { language: String(block.attrs.language) } : {});

class Writer {
  #text: string[] = [];
  #spans: Span[] = [];
  length = 0;

  write(text: string): void {
    this.#text.push(text);
    this.length += Array.from(text).length;
  }

  add(span: Span): void {
    if (span.end > span.start) this.#spans.push(span);
  }

  /** To where the text ends now; one with the same before it, if at most `gap` characters are between. */
  cover(mark: Mark, start: number, gap: number, url = ""): void {
    const before = this.#spans.findLast((one) => one.mark === mark);
    if (before && start - before.end <= gap && (before.url ?? "") === url) before.end = this.length;
    else this.add({ mark, start, end: this.length, ...(url ? { url } : {}) });
  }

  rich(): Rich {
    const spans = this.#spans.toSorted((a, b) => a.start - b.start || b.end - a.end || Number(isBlock(b.mark)) - Number(isBlock(a.mark)));
    return { text: this.#text.join(""), spans };
  }
}

export function fromRich({ text, spans }: Rich): Node {
  const characters = Array.from(text);
  const blocks: Node[] = [];
  for (let start = 0; start <= characters.length; ) {
    const pre = spans.find((one) => one.mark === "pre" && one.start === start && one.end > start);
    const end = pre ? Math.min(pre.end, characters.length) : lineEnd(characters, start);
    if (pre) {
      const code = characters.slice(start, end).join("");
      blocks.push(schema.nodes.code_lines.create({ language: pre.language ?? "" }, code ? schema.text(code) : null));
    } else {
      blocks.push(lineOf(characters, spans, start, end));
    }
    start = end + 1;
  }
  return schema.nodes.doc.create(null, blocks);
}

function lineEnd(characters: readonly string[], start: number): number {
  const found = characters.indexOf("\n", start);
  return found < 0 ? characters.length : found;
}

function lineOf(characters: readonly string[], spans: readonly Span[], start: number, end: number): Node {
  const covers = (mark: Mark): boolean => spans.some((one) => one.mark === mark && one.start <= start && one.end >= end && one.end > one.start);
  const item = covers("list") ? ITEM.exec(characters.slice(start, end).join("")) : null;
  const from = start + (item ? Array.from(item[0]).length : 0);
  const inline = spans.filter((one) => one.mark in schema.marks && one.start < end && one.end > from);
  const borders = new Set([from, end]);
  for (const one of inline) for (const at of [one.start, one.end]) if (at > from && at < end) borders.add(at);
  const sorted = [...borders].sort((a, b) => a - b);
  const pieces = sorted.slice(0, -1).map((at, index) =>
    schema.text(characters.slice(at, sorted[index + 1]).join(""), marksAt(inline, at)),
  );
  const list: ListKind = item ? (item[1] ? "bullet" : "number") : "";
  return schema.nodes.line.create({ list, quote: start < end && covers("quote") }, pieces);
}

function marksAt(inline: readonly Span[], at: number): EditorMark[] {
  const set: EditorMark[] = [];
  for (const one of inline) {
    if (one.start <= at && one.end > at) set.push(schema.mark(one.mark, one.mark === "link" ? { href: one.url ?? "" } : {}));
  }
  return set.reduce<readonly EditorMark[]>((all, mark) => mark.addToSet(all), []) as EditorMark[];
}
