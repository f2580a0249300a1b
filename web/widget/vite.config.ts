import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The loader keeps its name, since pages that embed it have it written down; what it imports has
// a hash in its name and lies under /widget/.
export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  build: {
    outDir: here("../../router/web/static/widget"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    sourcemap: false,
    assetsInlineLimit: 0,
    minify: "oxc",
    // As a library: a page's own bundle would get a helper for preloading that is larger than the
    // loader, and runs into strict policies.
    lib: { entry: here("loader.ts"), formats: ["es"], fileName: () => "widget.js" },
    rollupOptions: { output: { chunkFileNames: "widget/[name]-[hash].js", minify: true } },
  },
});
