// A query as its parts, to be shown and taken away one by one. Pure.

/** What stands side by side in it: words, operators with their value, parentheses, and what is joined by OR. */
export function termsOf(query: string): string[] {
  const terms: string[] = [];
  let word = "";
  let depth = 0;
  let isQuoted = false;
  for (const one of `${query} `) {
    if (one === '"') isQuoted = !isQuoted;
    else if (!isQuoted) depth += one === "(" ? 1 : one === ")" ? -1 : 0;
    if (isQuoted || depth > 0 || !/\s/.test(one)) word += one;
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

/** Without the part if it is there, else with it. */
export function toggled(query: string, term: string): string {
  const terms = termsOf(query);
  return (terms.includes(term) ? terms.filter((one) => one !== term) : [...terms, term]).join(" ");
}
