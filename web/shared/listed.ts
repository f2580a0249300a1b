// Words as texts.ts lays them down in the build: a line of keys for each beginning that they share, and a text a line.
export function keysIn(lines: string): string[] {
  return lines.split("\n").flatMap((line) => {
    const [start, ...ends] = line.split(" ");
    return ends.map((end) => `${start}${end}`);
  });
}

/** Texts in the order of these keys, by them. */
export function keyed(keys: readonly string[], texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key, at) => [key, texts[at]!]));
}

export const listed = (lines: string, texts: readonly string[]): Record<string, string> => keyed(keysIn(lines), texts);
