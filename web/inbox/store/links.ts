// Finds web addresses in plain text. Only http and https become links; the shown text is the address itself.

export type Piece = { text: string; href?: string };

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;
const TRAILING = /[.,;:!?)\]}'"»。，、！？）】」』]+$/u;

export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = trimmed(found[0]);
    if (!URL.canParse(address)) continue;
    if (found.index > at) out.push({ text: text.slice(at, found.index) });
    out.push({ text: address, href: address });
    at = found.index + address.length;
  }
  if (at < text.length) out.push({ text: text.slice(at) });
  return out;
}

/** Punctuation after an address belongs to the sentence, except a bracket that was opened inside. */
function trimmed(address: string): string {
  const rest = address.replace(TRAILING, "");
  return rest.includes("(") && address.charAt(rest.length) === ")" ? `${rest})` : rest;
}
