// Dynamic imports in the build: straight from the file that holds the part. A file that several parts share is given one more
// for each of them that is asked for alone, which only passes it on: 47 bytes, packed into no fewer, and a turn of the line.
import type { Plugin } from "vite";

type Chunk = { type: "chunk"; fileName: string; code: string };
type Bundle = Record<string, Chunk | { type: "asset" }>;

const ONLY_PASSES_ON = /^export\{([^}]+)\}from"\.\/([^"/]+)";\s*$/;
const ASKED_FOR = /import\(([`"'])\.\/([^`"'/]+)\1\)/g;

export const doors: Plugin = {
  name: "doors",
  enforce: "post",
  // A file is named by what it was before: of other doors, other names.
  augmentChunkHash: () => "doors 1",
  generateBundle: (_options, bundle) => openDoors(bundle as Bundle),
};

/** Leaves no file that only passes on, and none that asks for one. */
export function openDoors(bundle: Bundle): void {
  const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
  const doors = new Map<string, string>();
  for (const { fileName, code } of chunks) {
    const [, passed, from] = ONLY_PASSES_ON.exec(code) ?? [];
    if (!passed || !from) continue;
    const taken = passed.split(",").map((one) => one.split(" as ")).map(([name, as = name]) => `${as}:e.${name}`);
    doors.set(fileName.slice(fileName.lastIndexOf("/") + 1), `import("./${from}").then(e=>({${taken.join()}}))`);
    delete bundle[fileName];
  }
  for (const chunk of chunks) chunk.code = chunk.code.replace(ASKED_FOR, (asked, _quote, name: string) => doors.get(name) ?? asked);
  const left = chunks.find(({ fileName, code }) => fileName in bundle && [...doors.keys()].some((name) => code.includes(name)));
  if (left) throw new Error(`${left.fileName} still asks for a file that only passes on: look at doors.ts`);
}
