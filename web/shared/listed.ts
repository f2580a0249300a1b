// Words as texts.ts lays them down in the build: a line of keys for each beginning that they share, and a text a line.
export function listed(keys: string, texts: readonly string[]): Record<string, string> {
  const words: Record<string, string> = {};
  let at = 0;
  for (const line of keys.split("\n")) {
    const [start, ...ends] = line.split(" ");
    for (const end of ends) words[`${start}${end}`] = texts[at++]!;
  }
  return words;
}
