import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { texts } from "../shared/texts.ts";
import { doors } from "./doors.ts";
import { glyphs } from "./glyphs.ts";
import { noExplorer } from "./no-ie.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const desk = process.env.ONETHREAD_DEV_SERVER ?? "http://127.0.0.1:8080";

// What comes together is one file: by what they import and what they are called alone, fifty small ones weigh 25 KB. The first
// two draw in whatever they stand on; what comes later leaves that where it is.
const late = { includeDependenciesRecursively: false };
/** Files of their own: whoever is not at the desk yet, the field to write in, and the words of another language. */
const ALONE = /screens.(Login|FirstSteps)|parts.first|editor(?!.emoji)|prosemirror|orderedmap|rope-sequence|w3c-keyname|texts:|i18n.*(ru|zh)([.]|$)|i18n.settings.en[.]|inbox.(main[.]ts|index[.]html)|(base|tokens)[.]css|^.(vite|rolldown)/;
/** Beside its parts, what nothing but the settings needs: `budget.mjs` says when the desk needs one of these after all. */
const SETTINGS = /parts.(settings|ops|Gaps)|screens.(Settings|Connectors|Setup)|keys:.*i18n.(hooks|ops|rules|shifts).en$|store.((hook|ops|rule|shift)-words|account-state|approvals|audit|board|deadline-plan|exchanges|first-(run|steps)|handovers|held|hours|ladder|log|loglines|markdown|me|ops|rule-form|rules|schema|sending|settings-pages|shift-week|shifts|skills|topic-tree|workspace|workspace-form)[.]/;
const together = [
  // What every visit begins with, in two files: fifty small ones are nine turns of a line with six at once.
  { name: "core", test: /inbox.(App\.svelte|store.(place|theme)\.svelte\.ts)$|shared.ui.absent/, priority: 5 },
  { name: "desk", test: /screens.(Shell|Inbox)\.svelte$/, priority: 4 },
  { name: "settings", test: SETTINGS, priority: 2, ...late },
  // All else, which the desk fetches in idle time.
  { name: "later", test: (id: string) => !ALONE.test(id), priority: 1, ...late },
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

/** What a part is fetched with: not itself, nor what the page that asks for it stands on already. */
function newOf(file: string, needed: string[], { hostType }: { hostType: "html" | "js" }): string[] {
  return hostType === "html" ? needed : needed.filter((one) => one !== file && !/assets.(core|desk)-/.test(one));
}

// The server answers every page address with index.html, and /static/… with the built files.
export default defineConfig({
  root: here("."),
  base: "/static/inbox/",
  publicDir: here("./public"),
  // Words are read by keys that are computed: a name for each to import it by is weight alone.
  json: { namedExports: false, stringify: true },
  plugins: [glyphs, texts, noExplorer, svelte({ configFile: here("../svelte.config.js") }), deskAhead, doors],
  resolve: { alias: { "style-to-object": here("./style-text.ts") } },
  build: {
    outDir: here("../../router/web/static/inbox"),
    emptyOutDir: true,
    target: "es2022",
    // A data: URI would need its own CSP exception, and the polyfill is an inline helper nobody needs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false, resolveDependencies: newOf },
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
