// Icons in the build: of each one its line alone, drawn by one light part (Glyph.svelte). As the library's own parts a
// hundred of them weigh a fifteenth of all chunks, and each sets up five effects for every row that shows it.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

type Shape = [tag: string, attributes: Record<string, string>];

const NUMBER = String.raw`(-?(?:\d+\.?\d*|\.\d+))`;
/** A path that begins with a relative step: from wherever the line before it ended, and what follows at once are lines. */
const RELATIVE = new RegExp(String.raw`^m\s*${NUMBER}[\s,]*${NUMBER}\s*(?=([-\d.]?))`);
const MARK = "\0glyph:";
const FOLDER = join(dirname(fileURLToPath(import.meta.resolve("@lucide/svelte"))), "icons");
const DRAWN = fileURLToPath(new URL("../shared/ui/glyph.ts", import.meta.url));

export const glyphs: Plugin = {
  name: "glyphs",
  enforce: "pre",
  resolveId: (source) => (source.startsWith("@lucide/svelte/icons/") ? MARK + source.slice(21) : null),
  load(id) {
    if (!id.startsWith(MARK)) return null;
    const line = shapesOf(id.slice(MARK.length)).map(lineOf).join("");
    return `import { drawn } from ${JSON.stringify(DRAWN)};\nexport default drawn(${JSON.stringify(line)});`;
  },
};

/** Follows the names that an icon had before. */
function shapesOf(name: string): Shape[] {
  const other = /from "\.\/([\w-]+)\.svelte"/.exec(readFileSync(join(FOLDER, `${name}.js`), "utf-8"));
  const source = readFileSync(join(FOLDER, `${other?.[1] ?? name}.svelte`), "utf-8");
  const found = /const iconData = (\{.*\});/.exec(source);
  if (!found) throw new Error(`the icon ${name} is not written as it was: look at glyphs.ts`);
  return (JSON.parse(found[1]!) as { node: Shape[] }).node;
}

/** What the shape draws, as a path (SVG 2, chapter 10). */
function lineOf([tag, attributes]: Shape): string {
  const at = (name: string) => Number(attributes[name] ?? 0);
  const arc = (rx: number, ry: number, x: number, y: number) => `a${rx} ${ry} 0 0 1 ${x} ${y}`;
  if (tag === "path") return attributes.d!.replace(RELATIVE, (_, x: string, y: string, more: string) => `M${x} ${y}${more && "l"}`);
  if (tag === "line") return `M${at("x1")} ${at("y1")}L${at("x2")} ${at("y2")}`;
  if (tag === "polyline" || tag === "polygon") return `M${attributes.points!}${tag === "polygon" ? "z" : ""}`;
  if (tag === "circle" || tag === "ellipse") {
    const [rx, ry] = tag === "circle" ? [at("r"), at("r")] : [at("rx"), at("ry")];
    return `M${at("cx") - rx} ${at("cy")}${arc(rx, ry, 2 * rx, 0)}${arc(rx, ry, -2 * rx, 0)}z`;
  }
  if (tag === "rect") {
    const [rx, ry] = [at("rx") || at("ry"), at("ry") || at("rx")];
    const [across, down] = [at("width") - 2 * rx, at("height") - 2 * ry];
    const [right, left] = [`h${across}${arc(rx, ry, rx, ry)}v${down}`, `h${-across}${arc(rx, ry, -rx, -ry)}v${-down}`];
    return `M${at("x") + rx} ${at("y")}${right}${arc(rx, ry, -rx, ry)}${left}${arc(rx, ry, rx, -ry)}z`;
  }
  throw new Error(`glyphs.ts draws no ${tag} yet`);
}
