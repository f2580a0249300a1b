// What may be written next in a query: operators, and the values that are known of each. Pure.

export const OPERATORS = [
  "from", "to", "person", "channel", "inbox", "assignee", "team", "label", "is", "has", "before", "after", "priority", "lang", "case",
] as const;
export type Operator = (typeof OPERATORS)[number];
export type Known = Partial<Record<Operator, readonly string[]>>;
/** `text` replaces the characters from `at` to `end`. */
export type Option = { text: string; at: number; end: number };

const FIXED: Known = {
  is: ["open", "waiting", "snoozed", "solved", "unread", "unassigned", "failed", "mention"],
  has: ["file", "note", "link"],
  priority: ["urgent", "high", "normal", "low"],
  before: ["today", "yesterday", "7d", "1m"],
  after: ["today", "yesterday", "7d", "1m"],
  lang: ["en", "zh", "ru"],
};
const MOST = 8;

/** The word under the caret: from the last break outside quotes to the caret. */
export function wordAt(text: string, caret: number): { at: number; word: string } {
  let at = 0;
  let isQuoted = false;
  for (let place = 0; place < caret; place += 1) {
    const one = text[place] ?? "";
    if (one === '"') isQuoted = !isQuoted;
    else if (!isQuoted && /[\s()]/.test(one)) at = place + 1;
  }
  if (text[at] === "-") at += 1;
  return { at, word: text.slice(at, caret) };
}

const OF_PEOPLE: readonly Operator[] = ["from", "to", "person"];

/** The part of a name under the caret, where people are asked for. Empty: none is. */
export function partOfName(text: string, caret: number): string {
  const [operator, part] = parted(wordAt(text, caret).word);
  return operator && OF_PEOPLE.includes(operator) && !part.startsWith("#") ? part : "";
}

function parted(word: string): [Operator | undefined, string] {
  const colon = word.search(/[:：]/);
  const operator = OPERATORS.find((one) => one === word.slice(0, Math.max(0, colon)).toLowerCase());
  return [operator, word.slice(colon + 1).replace(/^"/, "")];
}

export function options(text: string, caret: number, known: Known): Option[] {
  const { at, word } = wordAt(text, caret);
  const colon = word.search(/[:：]/);
  if (colon < 0) {
    if (word.length === 0) return [];
    const begun = word.toLowerCase();
    return OPERATORS.filter((one) => one.startsWith(begun)).map((one) => ({ text: `${one}:`, at, end: caret }));
  }
  const [operator, part] = parted(word);
  if (!operator) return [];
  const begun = part.toLocaleLowerCase();
  const values = [...(FIXED[operator] ?? []), ...(known[operator] ?? [])];
  // People were found by any part of what they are known by.
  const fits = (one: string): boolean => OF_PEOPLE.includes(operator) && one !== "me" ? begun !== "" : one.toLocaleLowerCase().startsWith(begun);
  return values
    .filter((one) => fits(one) && one.toLocaleLowerCase() !== begun)
    .slice(0, MOST)
    .map((one) => ({ text: `${operator}:${quoted(one)} `, at, end: caret }));
}

function quoted(value: string): string {
  return /[\s()]/.test(value) ? `"${value}"` : value;
}

export type Piece = { text: string; isMarked: boolean };

/** An excerpt in pieces. Marks count characters as the server does: whole code points. */
export function pieces(excerpt: string, marks: readonly (readonly number[])[]): Piece[] {
  const points = [...excerpt];
  const found: Piece[] = [];
  let at = 0;
  for (const [start = 0, end = 0] of marks) {
    if (start < at) continue;
    if (start > at) found.push({ text: points.slice(at, start).join(""), isMarked: false });
    found.push({ text: points.slice(start, end).join(""), isMarked: true });
    at = end;
  }
  if (at < points.length) found.push({ text: points.slice(at).join(""), isMarked: false });
  return found;
}

/** Where the server's code points are in a text of the page, which counts UTF-16 units. */
export function unitsOf(text: string, at: number, length: number): { at: number; end: number } {
  const points = [...text];
  const start = points.slice(0, at).join("").length;
  return { at: start, end: start + points.slice(at, at + length).join("").length };
}
