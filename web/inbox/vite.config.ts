import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { texts } from "../shared/texts.ts";
import { glyphs } from "./glyphs.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const desk = process.env.ONETHREAD_DEV_SERVER ?? "http://127.0.0.1:8080";

// What comes together is one file: a hundred files of 300 bytes weigh a tenth of everything, by what they import and what they
// are called alone. The first two draw in whatever they stand on; the others, which come later, leave that where it is.
const later = { includeDependenciesRecursively: false };
const together = [
  // What every visit begins with, in two files: fifty small ones are nine turns of a line with six at once.
  { name: "core", test: /inbox.(App\.svelte|store.(place|theme)\.svelte\.ts)$|shared.ui.absent/, priority: 6 },
  { name: "desk", test: /screens.(Shell|Inbox)\.svelte$/, priority: 5 },
  // What lies over the page: nobody opens a menu without what places it.
  { name: "overlays", test: /shared.ui.(MenuList|PopPanel|Dialog)\.svelte$/, priority: 4 },
  {
    name: "settings",
    test: /(parts.(settings|ops|Page)|screens.(Settings|Connectors|Setup)|i18n.(hooks|ops|rules|shifts).en\.json$|store.((hook|ops|rule|shift)-words|rules|shifts|shift-week|rule-form|webhooks|approvals|workspace|workspace-form|first-run|first-steps|hours|audit|log)\.)/,
    priority: 3,
    ...later,
  },
  // What the desk fetches in idle time, and what two of its parts share.
  {
    name: "later",
    test: /(parts.(\w*Dialog|KeyList|CasePick|signs|marks|LevelChoice|AuthCard|Side|Reasons|Delays|Amended|ChannelChoice|SecondAgent|Likelihood)\.|ui.(DialogForm|Field|Tabs)\.|shared.when|i18n.(cases|compose|lists|people|reading).en\.json$|store.((case|compose|list|part|person|reading)-words|team|snippets|macros|panel|case-moves|ordering|compare|hindrances|arrivals|spam|ratings|saved)\.)/,
    priority: 2,
    ...later,
  },
  { name: "icons", test: /glyph/i, priority: 1, ...later },
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
  plugins: [glyphs, texts, svelte({ configFile: here("../svelte.config.js") }), deskAhead],
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
