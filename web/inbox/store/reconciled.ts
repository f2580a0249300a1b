// One draft written on two devices at once: what both make of it. Pure; no word of either is lost.
import type { Written } from "./drafts.svelte";
import { joined, type Rich } from "./rich";

type Change = { from: number; to: number; by: number };

/** What `mine` becomes where `theirs` stands by now, while its writer saw `base`. */
export function reconciled(base: Written, theirs: Written, mine: Written): Written {
  const isMine = <Key extends keyof Written>(key: Key): boolean => JSON.stringify(mine[key]) !== JSON.stringify(base[key]);
  const had = new Set(base.files.map((one) => one.id));
  const kept = new Set(theirs.files.map((one) => one.id));
  const own = mine.files.filter((one) => !had.has(one.id) || kept.has(one.id));
  const ownIds = new Set(mine.files.map((one) => one.id));
  const names = new Set(theirs.named.map((one) => one.name));
  return {
    ...both(base, theirs, mine),
    files: [...theirs.files.filter((one) => !had.has(one.id) && !ownIds.has(one.id)), ...own],
    subject: (isMine("subject") ? mine : theirs).subject,
    placeId: (isMine("placeId") ? mine : theirs).placeId,
    topicId: (isMine("topicId") ? mine : theirs).topicId,
    copies: (isMine("copies") ? mine : theirs).copies,
    offers: (isMine("offers") ? mine : theirs).offers,
    named: [...theirs.named, ...mine.named.filter((one) => !names.has(one.name))],
  };
}

function both(base: Rich, theirs: Rich, mine: Rich): Rich {
  if (isSame(theirs, base)) return { text: mine.text, spans: mine.spans };
  if (isSame(mine, base) || mine.text === theirs.text) return { text: theirs.text, spans: theirs.spans };
  if (theirs.text !== "" && mine.text.includes(theirs.text)) return { text: mine.text, spans: mine.spans };
  if (mine.text !== "" && theirs.text.includes(mine.text)) return { text: theirs.text, spans: theirs.spans };
  const told = changeOf(base.text, theirs.text);
  const own = changeOf(base.text, mine.text);
  if (told.to <= own.from) return glued(cut(theirs, 0, told.to + told.by), cut(mine, told.to));
  if (own.to <= told.from) return glued(cut(mine, 0, own.to + own.by), cut(theirs, own.to));
  return joined([theirs, mine]);
}

const isSame = (one: Rich, other: Rich): boolean =>
  one.text === other.text && JSON.stringify(one.spans) === JSON.stringify(other.spans);

/** The stretch of the former text that became another, and by how much that is longer. */
function changeOf(before: string, after: string): Change {
  const [old, fresh] = [Array.from(before), Array.from(after)];
  const most = Math.min(old.length, fresh.length);
  let from = 0;
  while (from < most && old[from] === fresh[from]) from += 1;
  let same = 0;
  while (same < most - from && old.at(-1 - same) === fresh.at(-1 - same)) same += 1;
  return { from, to: old.length - same, by: fresh.length - old.length };
}

function cut({ text, spans }: Rich, from: number, to?: number): Rich {
  const points = Array.from(text);
  const end = to ?? points.length;
  return {
    text: points.slice(from, end).join(""),
    spans: spans
      .filter((one) => one.start < end && one.end > from)
      .map((one) => ({ ...one, start: Math.max(one.start, from) - from, end: Math.min(one.end, end) - from })),
  };
}

function glued(first: Rich, last: Rich): Rich {
  const by = Array.from(first.text).length;
  const moved = last.spans.map((one) => ({ ...one, start: one.start + by, end: one.end + by }));
  return { text: first.text + last.text, spans: [...first.spans, ...moved] };
}
