// Builds each page that has a vite config into router/web/static/, then compresses what came out; the .gz are hatch_build.py's.
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "vite";

const web = fileURLToPath(new URL(".", import.meta.url));
const out = join(web, "..", "router", "web", "static");
const pages = ["inbox", "widget"];
const compressible = /\.(js|css|html|svg|json|webmanifest|txt)$/;

const built = pages.filter((page) => existsSync(join(web, page, "vite.config.ts")));
for (const page of built) {
  await build({ configFile: join(web, page, "vite.config.ts"), logLevel: "warn" });
  const whole = join(web, page, "whole.config.ts");
  if (existsSync(whole)) await build({ configFile: whole, logLevel: "warn" });
  await compress(join(out, page));
}
await writeFile(join(out, "manifest.json"), JSON.stringify({ pages: built }, null, 1) + "\n");

/** Beside every text file that it makes smaller a .br, so that the server never compresses on request. */
async function compress(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    const packed = brotliCompressSync(bytes, { params: quality });
    if (packed.length < bytes.length) await writeFile(`${path}.br`, packed);
  }
}
