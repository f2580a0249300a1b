import { globSync } from "node:fs";
import { relative, resolve, sep } from "node:path";

/** The parts, each one's place among them: the same on every machine, and told apart by two letters for a thousand. */
const places = new Map(["inbox", "shared", "widget"].flatMap(partsOf).sort().map((path, place) => [path, place]));

/** What ties a part's styles to it: as short as tells the parts apart, since each of their elements carries it. */
function cssHash({ hash, css, filename = css }) {
  const place = placeOf(filename);
  return `s${place === undefined ? hash(filename) : place.toString(36)}`;
}

function partsOf(folder) {
  return globSync("**/*.svelte", { cwd: resolve(import.meta.dirname, folder) }).map((path) => [folder, ...path.split(sep)].join("/"));
}

function placeOf(filename) {
  return places.get(relative(import.meta.dirname, filename));
}

export default { compilerOptions: { runes: true, cssHash } };
