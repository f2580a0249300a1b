// Words in the build: English with its keys, any other language as its texts alone, in the order of English's keys, which
// are a third of a table's weight. `import … from "./ru.json?texts"`, told from the table itself by what is asked for it.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const ASKED = /\.json\?texts$/;
const MARK = "\0texts:";

export const texts: Plugin = {
  name: "texts",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!ASKED.test(source)) return null;
    const found = await this.resolve(source.replace(/\?texts$/, ""), importer, { skipSelf: true });
    // Without its ending, by which it would be read as the table.
    return found && MARK + found.id.replace(/\.json$/, "");
  },
  load(id) {
    if (!id.startsWith(MARK)) return null;
    const path = `${id.slice(MARK.length)}.json`;
    const [words, english] = [path, join(dirname(path), "en.json")].map((one) => {
      this.addWatchFile(one);
      return JSON.parse(readFileSync(one, "utf-8")) as Record<string, string>;
    }) as [Record<string, string>, Record<string, string>];
    const found = Object.keys(english).map((key) => words[key]);
    if (found.includes(undefined)) throw new Error(`${path} lacks texts that en.json has: words.test.ts says which`);
    return { code: `export default JSON.parse(${JSON.stringify(JSON.stringify(found))});`, map: null };
  },
};
