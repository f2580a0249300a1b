// Formatted texts put together and cut. Pure; offsets are code points.
import type { Span } from "../../shared/rich";

export type Rich = { text: string; spans: readonly Span[] };

const count = (text: string): number => Array.from(text).length;

/** Without white space at its end; the server takes off what is before. */
export function trimmed({ text, spans }: Rich): { text: string; spans: Span[] } {
  const short = text.trimEnd();
  const end = count(short);
  const kept = spans.filter((one) => one.start < end).map((one) => (one.end > end ? { ...one, end } : { ...one }));
  return { text: short, spans: kept };
}

/** Those that say something, one below the other. */
export function joined(all: readonly Rich[]): Rich {
  return all
    .filter((one) => one.text !== "")
    .reduce(
      (before, one) => {
        if (before.text === "") return one;
        const by = count(before.text) + 1;
        const moved = one.spans.map((span) => ({ ...span, start: span.start + by, end: span.end + by }));
        return { text: `${before.text}\n${one.text}`, spans: [...before.spans, ...moved] };
      },
      { text: "", spans: [] } as Rich,
    );
}

/** What stands ahead of a text's end. All of it, if that is not how it ends. */
export function without({ text, spans }: Rich, end: string): Rich {
  return text.endsWith(end) ? trimmed({ text: text.slice(0, text.length - end.length), spans }) : { text, spans };
}
