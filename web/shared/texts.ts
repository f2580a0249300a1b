// Words in the build: English with its keys, any other language as its texts alone, in the order of English's keys, which
// are a third of a table's weight. `import … from "./ru.json?texts"`, told from the table itself by what is asked for it.
// Both as lines: what JSON writes around each text and each beginning of a key weighs a twelfth more. Refusals keep their keys
// in every language, since English's are never fetched.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

type Table = Record<string, string>;

const ASKED = /\.json\?texts$/;
const KEYED = /i18n\/((\w+\/)?en|refusals\/\w+)\.json$/;
const MAY_BE_KEYED = /\/(en|refusals\/\w+)\.json$/;
const TEXTS = "\0texts:";
const WORDS = "\0words:";
const LISTED = fileURLToPath(new URL("./listed.ts", import.meta.url));

export const texts: Plugin = {
  name: "texts",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!ASKED.test(source) && !MAY_BE_KEYED.test(source)) return null;
    const found = await this.resolve(source.replace(/\?texts$/, ""), importer, { skipSelf: true });
    if (!found || (!ASKED.test(source) && !KEYED.test(found.id))) return found;
    // Without its ending, by which it would be read as the table.
    return (ASKED.test(source) ? TEXTS : WORDS) + found.id.replace(/\.json$/, "");
  },
  load(id) {
    const hasKeys = id.startsWith(WORDS);
    if (!hasKeys && !id.startsWith(TEXTS)) return null;
    const path = `${id.slice(TEXTS.length)}.json`;
    const [words, keyed] = [path, hasKeys ? path : join(dirname(path), "en.json")].map((one) => {
      this.addWatchFile(one);
      return JSON.parse(readFileSync(one, "utf-8")) as Table;
    }) as [Table, Table];
    const found = Object.keys(keyed).map((key) => words[key]);
    if (found.includes(undefined)) throw new Error(`${path} lacks texts that en.json has: words.test.ts says which`);
    if (found.some((text) => text!.includes("\n"))) throw new Error(`${path} has a text of two lines`);
    const lines = `${JSON.stringify(found.join("\n"))}.split("\\n")`;
    if (!hasKeys) return { code: `export default ${lines};`, map: null };
    const keys = JSON.stringify(keysOf(keyed));
    return { code: `import { listed } from ${JSON.stringify(LISTED)};\nexport default listed(${keys}, ${lines});`, map: null };
  },
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
