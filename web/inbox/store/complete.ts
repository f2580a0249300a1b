// What may be written next in a query: operators, and the values that are known of each. Pure.

export const OPERATORS = [
  "from", "to", "person", "channel", "inbox", "assignee", "team", "label", "topic", "field", "is", "has", "before", "after", "priority", "lang", "case", "incident", "sla",
] as const;
export type Operator = (typeof OPERATORS)[number];
export type Known = Partial<Record<Operator, readonly string[]>> & {
  /** What may stand in a field, by its name in small letters. */
  choices?: ReadonlyMap<string, readonly string[]>;
};
/** Those who were found by one part of a name or address. */
export type People = { part: string; found: readonly { id: number; name: string }[] };
export const NOBODY: People = { part: "", found: [] };
/** `text` replaces the characters from `at` to `end`; `shown` stands for it in the list. */
export type Option = { text: string; shown: string; at: number; end: number };

const FIXED: Known = {
  is: ["open", "waiting", "snoozed", "solved", "unread", "unassigned", "failed", "mention", "watched"],
  has: ["file", "note", "link"],
  priority: ["urgent", "high", "normal", "low"],
  sla: ["due", "late"],
  incident: ["open", "none"],
  before: ["today", "yesterday", "7d", "1m"],
  after: ["today", "yesterday", "7d", "1m"],
  lang: ["en", "zh", "ru"],
};
const MOST = 8;

const QUOTES: Record<string, string> = { '"': '"', "“": "”", "«": "»", "„": "“", "「": "」", "『": "』" };

/** The word under the caret: from the last break outside quotes to the caret. As the server reads it, a quote begins a word or what its operator asks for. */
export function wordAt(text: string, caret: number): { at: number; word: string } {
  let at = 0;
  let closing = "";
  for (let place = 0; place < caret; place += 1) {
    const one = text[place] ?? "";
    if (closing ? one === closing : /[\s()（）]/.test(one)) {
      at = place + 1;
      closing = "";
    } else if (!closing && /^-?([a-z_]+[:：])?$/i.test(text.slice(at, place))) closing = QUOTES[one] ?? "";
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
  return [operator, word.slice(colon + 1).replace(/^["“«„「『]/, "")];
}

export function options(text: string, caret: number, known: Known, people: People = NOBODY): Option[] {
  const { at, word } = wordAt(text, caret);
  const option = (written: string, shown = written.trim()): Option => ({ text: written, shown, at, end: caret });
  const colon = word.search(/[:：]/);
  if (colon < 0) {
    if (word.length === 0) return [];
    const begun = word.toLowerCase();
    return OPERATORS.filter((one) => one.startsWith(begun)).map((one) => option(`${one}:`));
  }
  const [operator, part] = parted(word);
  if (!operator) return [];
  const begun = part.toLocaleLowerCase();
  if (operator === "field") return ofFields(begun, known).map(({ written, isOpen }) => option(isOpen ? `field:${opened(written)}` : `field:${quoted(written)} `, `field:${written}`)).slice(0, MOST);
  const values = [...(FIXED[operator] ?? []), ...(known[operator] ?? [])]
    .filter((one) => one.toLocaleLowerCase().startsWith(begun) && one.toLocaleLowerCase() !== begun)
    .map((one) => option(`${operator}:${quoted(one)} `));
  // By number: names are of people's own choice, and may read as anything.
  const persons = OF_PEOPLE.includes(operator) ? fitting(people, begun).map((one) => option(`${operator}:#${one.id} `, `${operator}:${one.name}`)) : [];
  return [...values, ...persons].slice(0, MOST);
}

/** First the name, which stays open for what stands in it; then the choices, nothing, and anything. */
function ofFields(begun: string, known: Known): { written: string; isOpen: boolean }[] {
  const [name = "", said] = begun.split(/=(.*)/s);
  const names = known.field ?? [];
  if (said === undefined) return names.filter((one) => one.toLocaleLowerCase().startsWith(begun)).map((one) => ({ written: `${one}=`, isOpen: true }));
  const whole = names.find((one) => one.toLocaleLowerCase() === name.trim());
  if (whole === undefined) return [];
  const values = [...(known.choices?.get(name.trim()) ?? []), "none"].filter((one) => one.toLocaleLowerCase().startsWith(said) && one.toLocaleLowerCase() !== said);
  return [...values.map((one) => `${whole}=${one}`), ...(said === "" ? [whole] : [])].map((written) => ({ written, isOpen: false }));
}

/** Whom the part that is typed now finds, as far as the answer to an earlier one tells. */
function fitting({ part, found }: People, begun: string): People["found"] {
  const asked = part.toLocaleLowerCase();
  if (asked === "" || !begun.startsWith(asked)) return [];
  return found.filter((one) => asked === begun || one.name.toLocaleLowerCase().includes(begun));
}

/** A quote that is begun where the whole will need one, whatever follows. */
function opened(value: string): string {
  return quoted(value) === value ? value : `"${value}`;
}

function quoted(value: string): string {
  return /[\s()（）]|^["“«„「『]/.test(value) ? `"${value}"` : value;
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
