// Words in the build: English with its keys, any other language as its texts alone, in the order of English's keys, which
// are a third of a table's weight. `import … from "./ru.json?texts"`, told from the table itself by what is asked for it.
// Where English is a file like any other (settings), its keys come alone: `"./en.json?keys"`.
// All as lines: what JSON writes around each text and each beginning of a key weighs a twelfth more. Refusals keep their keys
// in every language, since English's are never fetched.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

type Table = Record<string, string>;
type What = "texts" | "keys" | "words";

const ASKED = /\.json\?(texts|keys)$/;
const KEYED = /i18n\/((\w+\/)?en|refusals\/\w+)\.json$/;
const MAY_BE_KEYED = /\/(en|refusals\/\w+)\.json$/;
const MADE = /^\0(texts|keys|words):(.+)$/;
const LISTED = JSON.stringify(fileURLToPath(new URL("./listed.ts", import.meta.url)));

export const texts: Plugin = {
  name: "texts",
  enforce: "pre",
  async resolveId(source, importer) {
    const asked = ASKED.exec(source)?.[1];
    if (!asked && !MAY_BE_KEYED.test(source)) return null;
    const found = await this.resolve(source.replace(/\?\w+$/, ""), importer, { skipSelf: true });
    if (!found || (!asked && !KEYED.test(found.id))) return found;
    // Without its ending, by which it would be read as the table.
    return `\0${asked ?? "words"}:${found.id.replace(/\.json$/, "")}`;
  },
  load(id) {
    const [, what, base] = MADE.exec(id) ?? [];
    if (!what) return null;
    const path = `${base}.json`;
    const read = (one: string): Table => {
      this.addWatchFile(one);
      return JSON.parse(readFileSync(one, "utf-8")) as Table;
    };
    const words = read(path);
    const table = what === "texts" ? read(join(dirname(path), "en.json")) : words;
    const found = Object.keys(table).map((key) => words[key]);
    if (found.includes(undefined)) throw new Error(`${path} lacks texts that en.json has: words.test.ts says which`);
    if (found.some((text) => text!.includes("\n"))) throw new Error(`${path} has a text of two lines`);
    const lines = `${JSON.stringify(found.join("\n"))}.split("\\n")`;
    return { code: codeOf[what as What](JSON.stringify(keysOf(table)), lines), map: null };
  },
};

const codeOf: Record<What, (keys: string, lines: string) => string> = {
  texts: (_keys, lines) => `export default ${lines};`,
  // Unit tests read English as the desk does its own: nothing is fetched before.
  keys: (keys, lines) => `import { keysIn } from ${LISTED};\nexport default { keys: keysIn(${keys})${process.env.VITEST ? `, texts: ${lines}` : ""} };`,
  words: (keys, lines) => `import { listed } from ${LISTED};\nexport default listed(${keys}, ${lines});`,
};

/** A line for each run of keys with one beginning, up to the dot: the beginning, and how each of them ends. */
function keysOf(table: Table): string {
  let before: string | undefined;
  const lines: string[] = [];
  for (const key of Object.keys(table)) {
    const start = key.slice(0, key.indexOf(".") + 1);
    if (start !== before) lines.push((before = start));
    lines.push(`${lines.pop()!} ${key.slice(start.length)}`);
  }
  return lines.join("\n");
}
