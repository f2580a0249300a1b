// Fails when a page outgrows its budget: what loads before first use, and everything together.
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const out = fileURLToPath(new URL("../router/web/static/inbox/", import.meta.url));
const limits = { first: 170, all: 450 };

const chunks = JSON.parse(await readFile(join(out, "assets.json"), "utf-8"));
const entry = Object.values(chunks).find((chunk) => chunk.isEntry);
const first = new Set();
const all = new Set();
const walk = (chunk, into) => {
  for (const file of [chunk.file, ...(chunk.css ?? [])]) into.add(file);
  for (const key of chunk.imports ?? []) if (!into.has(chunks[key].file)) walk(chunks[key], into);
};
walk(entry, first);
// Nobody reads in two languages: what one agent can ever load counts the heaviest alone.
const languageOf = (key) => /i18n\/\w+\.(\w+)\.ts$/.exec(key)?.[1] ?? null;
const weightOf = async (language) => await size(Object.entries(chunks).flatMap(([key, { file }]) => (languageOf(key) === language ? [file] : [])));
// The desk is a chunk of its own, and it is what "first use" means.
for (const [key, chunk] of Object.entries(chunks)) {
  if (/^(_desk-|style\.css$)/.test(key)) walk(chunk, first);
}
const size = async (files) => {
  let sum = 0;
  for (const file of files) {
    if (/\.(js|css)$/.test(file)) sum += await weigh(file);
  }
  return Math.round(sum / 102.4) / 10;
};
/** As it is sent: packed, unless that makes it no smaller. */
async function weigh(file) {
  const { size } = await stat(join(out, `${file}.gz`)).catch(() => stat(join(out, file)));
  return size;
}
const languages = [...new Set(Object.keys(chunks).map(languageOf))].filter((one) => one !== null);
const weighed = await Promise.all(languages.map(async (language) => ({ language, weight: await weightOf(language) })));
const heaviestLanguage = weighed.sort((one, other) => other.weight - one.weight)[0]?.language;
for (const [key, chunk] of Object.entries(chunks)) if ([null, heaviestLanguage].includes(languageOf(key))) walk(chunk, all);
const [later, settings, desk] = ["later", "settings", "desk"].map((name) => Object.keys(chunks).find((key) => key.startsWith(`_${name}-`)));
if (!later || !settings || !desk) throw new Error("there are no chunks of the names that vite.config.ts gives");
if (chunks[later].imports.includes(settings)) throw new Error("the desk's later parts wait for the settings: look at SETTINGS in vite.config.ts");
/** What each chunk weighs, heaviest first: the table to look at before something is added. */
for (const file of await heaviest(first)) console.log(`  ${file.size.toFixed(1).padStart(6)} KB  ${file.name}`);
let over = false;
for (const [name, files] of Object.entries({ first, all })) {
  const kilobytes = await size(files);
  over ||= kilobytes > limits[name];
  console.log(`${name}: ${kilobytes} KB gz of ${limits[name]} KB`);
}

async function heaviest(files) {
  const found = [...files].filter((file) => /\.(js|css)$/.test(file));
  const sized = found.map(async (name) => ({ name, size: (await weigh(name)) / 1024 }));
  return (await Promise.all(sized)).sort((one, other) => other.size - one.size).slice(0, 14);
}

// The widget: what every page that embeds it pays, what the first look at it does, and all of it open.
const widget = fileURLToPath(new URL("../router/web/static/widget/", import.meta.url));
const parts = await readdir(join(widget, "widget"));
const kilobytesOf = async (pattern) => {
  const files = parts.filter((name) => pattern.test(name)).map((name) => join("widget", name));
  const sizes = await Promise.all(files.map((name) => stat(join(widget, name))));
  return sizes.reduce((sum, file) => sum + file.size, 0) / 1024;
};
const loader = (await stat(join(widget, "widget.js.gz"))).size / 1024;
// With what it imports at once: a file that was split off is paid for all the same.
const needed = new Set(parts.filter((name) => /^widget-.*\.js$/.test(name)));
for (const name of needed)
  for (const [, other] of (await readFile(join(widget, "widget", name), "utf-8")).matchAll(/from\s*["']\.\/([\w-]+\.js)["']/g)) needed.add(other);
const core = await kilobytesOf({ test: (name) => name.endsWith(".gz") && needed.has(name.slice(0, -3)) });
const open = loader + core + (await kilobytesOf(/^Panel-.*\.js\.gz$/));
const bars = { "widget loader": [loader, 1], "widget bundle": [core, 18], "widget open": [open, 30] };
for (const [name, [kilobytes, limit]] of Object.entries(bars)) {
  over ||= kilobytes > limit;
  console.log(`${name}: ${kilobytes.toFixed(2)} KB gz of ${limit} KB`);
}
process.exit(over ? 1 : 0);
