// A query as its parts, to be shown and taken away one by one. Pure; it is the server that reads them.

/** A space, a parenthesis, what denies, and a word or a value: quoted where it begins with a mark, else to the next break. */
const PIECES = /\s|[()（）]|-(?=\S)|(?:[A-Za-z_]+[:：](?!\/\/))?(?:"[^"]*"|“[^”]*”|«[^»]*»|„[^“]*“|「[^」]*」|『[^』]*』|["“«„「『][^]*|[^\s()（）]+)/g;
const OPENS = /^[(（]$/;
const CLOSES = /^[)）]$/;

/** What stands side by side in it: words, operators with their value, parentheses, and what is joined by OR. */
export function termsOf(query: string): string[] {
  const terms: string[] = [];
  let word = "";
  let depth = 0;
  for (const [piece] of `${query} `.matchAll(PIECES)) {
    depth += OPENS.test(piece) ? 1 : CLOSES.test(piece) ? -1 : 0;
    if (depth > 0 || piece.trim() !== "") word += piece;
    else if (word !== "") {
      const isJoined = word === "OR" || / OR$/.test(terms.at(-1) ?? "");
      if (isJoined && terms.length > 0) terms.push(`${terms.pop()} ${word}`);
      else terms.push(word);
      word = "";
    }
  }
  // What is not closed is a part all the same.
  return word.trim() === "" ? terms : [...terms, word.trim()];
}

/** The parenthesis that closes nothing or is not closed: put into parentheses, the query would reach out of them. */
export function strayOf(query: string): { code: "unopened" | "unclosed"; at: number } | null {
  const open: number[] = [];
  for (const { 0: piece, index: at } of query.matchAll(PIECES)) {
    if (OPENS.test(piece)) open.push(at);
    else if (CLOSES.test(piece) && open.pop() === undefined) return { code: "unopened", at };
  }
  const at = open[0];
  return at === undefined ? null : { code: "unclosed", at };
}

/** Without the part if it is there, else with it. */
export function toggled(query: string, term: string): string {
  const terms = termsOf(query);
  return (terms.includes(term) ? terms.filter((one) => one !== term) : [...terms, term]).join(" ");
}
