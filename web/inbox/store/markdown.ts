// A connector's README as blocks to draw: headings, paragraphs, lists, code, tables. Pure; no HTML passes through.

export type Inline = { text: string; kind: "plain" | "code" | "bold" | "link"; href: string };
export type Block =
  | { kind: "heading"; level: number; inline: Inline[] }
  | { kind: "text"; inline: Inline[] }
  | { kind: "list"; isOrdered: boolean; entries: Inline[][] }
  | { kind: "code"; text: string }
  | { kind: "table"; rows: Inline[][][] };

const ENTRY = /^\s*(?:([-*])|(\d+)[.)])\s+(.*)$/;

export function blocksOf(markdown: string): Block[] {
  const lines = markdown.replaceAll("\r", "").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  const take = (goesOn: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && goesOn(lines[at] ?? "")) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (line.trim() === "") at += 1;
    else if (line.startsWith("```")) {
      at += 1;
      blocks.push({ kind: "code", text: take((one) => !one.startsWith("```")).join("\n") });
      at += 1;
    } else if (heading) {
      at += 1;
      blocks.push({ kind: "heading", level: (heading[1] ?? "#").length, inline: inlineOf(heading[2] ?? "") });
    } else if (line.startsWith("|")) {
      const rows = take((one) => one.startsWith("|")).filter((one) => !/^[|\s:-]+$/.test(one));
      blocks.push({ kind: "table", rows: rows.map((row) => cellsOf(row).map(inlineOf)) });
    } else if (ENTRY.test(line)) {
      const isOrdered = /^\s*\d/.test(line);
      blocks.push({ kind: "list", isOrdered, entries: entriesOf(take((one) => one.trim() !== "" && !one.startsWith("```"))) });
    } else {
      const text = take((one) => one.trim() !== "" && !/^(#{1,6}\s|```|\|)/.test(one) && !ENTRY.test(one));
      blocks.push({ kind: "text", inline: inlineOf(text.join(" ")) });
    }
  }
  return blocks;
}

const cellsOf = (row: string): string[] => row.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

/** A line that begins no entry of its own belongs to the one before it. */
function entriesOf(lines: readonly string[]): Inline[][] {
  const texts: string[] = [];
  for (const line of lines) {
    const found = ENTRY.exec(line);
    if (found) texts.push(found[3] ?? "");
    else texts[texts.length - 1] += ` ${line.trim()}`;
  }
  return texts.map(inlineOf);
}

export function inlineOf(text: string): Inline[] {
  const found: Inline[] = [];
  const plain = (some: string): void => void (some && found.push({ text: some, kind: "plain", href: "" }));
  let last = 0;
  for (const one of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g)) {
    plain(text.slice(last, one.index));
    last = one.index + one[0].length;
    if (one[1] !== undefined) found.push({ text: one[1], kind: "code", href: "" });
    else if (one[2] !== undefined) found.push({ text: one[2], kind: "bold", href: "" });
    else if (/^https:\/\//.test(one[4] ?? "")) found.push({ text: one[3] ?? "", kind: "link", href: one[4] ?? "" });
    else plain(one[3] ?? "");
  }
  plain(text.slice(last));
  return found;
}
