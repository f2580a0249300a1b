import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { glyphs } from "./glyphs.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const desk = process.env.ONETHREAD_DEV_SERVER ?? "http://127.0.0.1:8080";

// What is asked for together, or is too small to pack well by itself: a hundred files of 300 bytes
// weigh a tenth of everything. Without their imports, which would draw the first load's parts in.
const together = [
  { name: "icons", test: /glyph/i, priority: 3 },
  // What every visit begins with, in two files: fifty small ones are nine turns of a line with six at once.
  { name: "core", test: /inbox.(App\.svelte|store.(place|theme)\.svelte\.ts)$|shared.ui.absent/, priority: 2 },
  { name: "desk", test: /screens.(Shell|Inbox)\.svelte$/, priority: 1 },
  { name: "dialogs", test: /parts.\w*Dialog|DialogForm|FormDialog|KeyList|CasePick/, includeDependenciesRecursively: false },
  { name: "settings", test: /parts.(settings|ops)|screens.(Settings|Connectors|Setup)/, includeDependenciesRecursively: false },
  ...["en", "ru", "zh"].flatMap((language) => [
    { name: `words-${language}-settings`, test: new RegExp(`i18n.(hooks|ops|refusals|rules|shifts).${language}\\.json$`) },
    { name: `words-${language}-desk`, test: new RegExp(`i18n.(compose|lists|people|reading).${language}\\.json$`) },
  ]),
];

/** The page asks for the desk together with what begins it, and not once that has run. */
const deskAhead: Plugin = {
  name: "desk-ahead",
  transformIndexHtml(_html, { bundle }) {
    const desk = Object.values(bundle ?? {}).find((one) => one.type === "chunk" && one.name === "desk");
    const attrs = { rel: "modulepreload", crossorigin: true, href: `/static/inbox/${desk?.fileName}` };
    return desk ? [{ tag: "link", attrs, injectTo: "head" }] : [];
  },
};

// The server answers every page address with index.html, and /static/… with the built files.
export default defineConfig({
  root: here("."),
  base: "/static/inbox/",
  publicDir: here("./public"),
  // Words are read by keys that are computed: a name for each to import it by is weight alone.
  json: { namedExports: false, stringify: true },
  plugins: [glyphs, svelte({ configFile: here("../svelte.config.js") }), deskAhead],
  build: {
    outDir: here("../../router/web/static/inbox"),
    emptyOutDir: true,
    target: "es2022",
    // A data: URI would need its own CSP exception, and the polyfill is an inline helper nobody needs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    manifest: "assets.json",
    // One sheet packs into two thirds of forty, and no part comes up before its own.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 400,
    rolldownOptions: { output: { codeSplitting: { groups: together } } },
  },
  server: {
    port: 5173,
    strictPort: false,
    proxy: {
      "/api": { target: desk, ws: true, changeOrigin: false },
      "/sandbox": { target: desk },
      "/widget.js": { target: desk },
    },
  },
});
