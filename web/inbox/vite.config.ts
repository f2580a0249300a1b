import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const desk = process.env.ONETHREAD_DEV_SERVER ?? "http://127.0.0.1:8080";

// What is asked for together, or is too small to pack well by itself: a hundred files of 300 bytes
// weigh a tenth of everything. Without their imports, which would draw the first load's parts in.
const together = [
  { name: "icons", test: /lucide/ },
  { name: "dialogs", test: /parts.\w*Dialog|DialogForm|FormDialog|KeyList|CasePick/, includeDependenciesRecursively: false },
  { name: "settings", test: /parts.(settings|ops)|screens.(Settings|Connectors|Setup)/, includeDependenciesRecursively: false },
];

// The server answers every page address with index.html, and /static/… with the built files.
export default defineConfig({
  root: here("."),
  base: "/static/inbox/",
  publicDir: here("./public"),
  plugins: [svelte({ configFile: here("../svelte.config.js") })],
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
