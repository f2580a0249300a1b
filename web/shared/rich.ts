// Formatted text as it is drawn: a tree of pieces from a text and its spans. Pure; both pages draw by it.

export type Mark =
  | "bold" | "italic" | "underline" | "strike" | "spoiler" | "code" | "pre" | "quote" | "link" | "list" | "mention";
/** From `start` up to `end`, in code points: what JavaScript counts in UTF-16 units is longer for emoji. */
export type Span = { mark: Mark; start: number; end: number; url?: string; language?: string; handle?: string };
export type Piece = string | { span: Span; inside: Piece[] };

export const isBlock = (mark: Mark): boolean => mark === "quote" || mark === "pre" || mark === "list";

/** Spans are the server's: sorted, outer before inner, none crossing. What isn't so is left out. */
export function pieces(text: string, spans: readonly Span[]): Piece[] {
  if (spans.length === 0) return text ? [text] : [];
  const characters = Array.from(text);
  let next = 0;
  const within = (start: number, end: number): Piece[] => {
    const found: Piece[] = [];
    let at = start;
    const plain = (until: number): void => {
      if (until > at) found.push(characters.slice(at, until).join(""));
      at = until;
    };
    for (let span = spans[next]; span && span.start < end; span = spans[next]) {
      next += 1;
      if (span.start < at || span.end > end || span.end <= span.start) continue;
      const block = isBlock(span.mark);
      // A block is drawn on lines of its own, so the breaks around it are not drawn again.
      plain(block && span.start > at && characters[span.start - 1] === "\n" ? span.start - 1 : span.start);
      at = span.start;
      found.push({ span, inside: within(span.start, span.end) });
      at = block && characters[span.end] === "\n" ? span.end + 1 : span.end;
    }
    plain(end);
    return found;
  };
  return within(0, characters.length);
}

/** The lines of a list, each with what is in it. */
export function lines(inside: readonly Piece[]): Piece[][] {
  const found: Piece[][] = [[]];
  for (const piece of inside) {
    const parts = typeof piece === "string" ? piece.split("\n") : [piece];
    parts.forEach((part, index) => {
      if (index > 0) found.push([]);
      if (part !== "") found.at(-1)?.push(part);
    });
  }
  return found;
}

/** Only where a person expects to be led. The server checks it too; nothing here trusts that it did. */
export function isSafe(url: string | undefined): url is string {
  return url !== undefined && /^(https?:\/\/[^/]|mailto:.|tel:.)/i.test(url);
}
