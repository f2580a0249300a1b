// What opens a list while one types: `/` canned replies, `{{` variables, `:` emoji, `@` colleagues. Pure.
export type Trigger = { kind: "snippet" | "variable" | "emoji" | "mention"; query: string; length: number };

const PATTERNS: readonly [Trigger["kind"], RegExp][] = [
  ["variable", /\{\{\s*([\p{L}\d._]*)$/u],
  ["snippet", /(?:^|\s)\/([^\s/]*)$/u],
  ["emoji", /(?:^|\s):([\p{L}\d_]{1,30})$/u],
  ["mention", /(?:^|\s)@([\p{L}\d._-]{0,40})$/u],
];

/** By the text of the line before the caret. `length`: how much of it the choice replaces. */
export function triggerIn(before: string): Trigger | null {
  for (const [kind, pattern] of PATTERNS) {
    const match = pattern.exec(before);
    if (match) return { kind, query: match[1] ?? "", length: match[0].trimStart().length };
  }
  return null;
}

const HOLES = /\{\{\s*([^{}\n]{1,80}?)\s*\}\}/gu;

export type Hole = { name: string; start: number; end: number };

/** Variables that stand in a text unfilled; offsets in UTF-16. */
export function holesIn(text: string): Hole[] {
  return [...text.matchAll(HOLES)].map((match) => ({ name: match[1] ?? "", start: match.index, end: match.index + match[0].length }));
}

type Spanned = { text: string; spans: readonly { start: number; end: number }[] };

/** With what is known filled in; spans (in code points) keep what they cover. */
export function filled<Rich extends Spanned>(rich: Rich, facts: Readonly<Record<string, string>>): Rich {
  let { text } = rich;
  let spans = rich.spans;
  for (const hole of holesIn(text).reverse()) {
    const value = facts[hole.name];
    if (!value) continue;
    const start = [...text.slice(0, hole.start)].length;
    const end = start + [...text.slice(hole.start, hole.end)].length;
    const grown = [...value].length - (end - start);
    const moved = (at: number): number => (at >= end ? at + grown : at > start ? start : at);
    spans = spans.map((one) => ({ ...one, start: moved(one.start), end: one.end > start && one.end < end ? end + grown : moved(one.end) }));
    text = text.slice(0, hole.start) + value + text.slice(hole.end);
  }
  return { ...rich, text, spans };
}

/** How well `query` fits: all its letters in order, better at beginnings of words and in a row. 0: not at all. */
export function fit(query: string, text: string): number {
  const wanted = [...query.toLocaleLowerCase()];
  const given = [...text.toLocaleLowerCase()];
  if (wanted.length === 0) return 1;
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = given.indexOf(letter, at + 1);
    if (next < 0) return 0;
    score += next === at + 1 ? 3 : next === 0 || /[\s.,_-]/.test(given[next - 1] ?? "") ? 2 : 0.5;
    at = next;
  }
  return score / (1 + given.length / 200);
}
