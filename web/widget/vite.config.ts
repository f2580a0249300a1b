import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// A classic script of another origin has no base address for import(), so the loader is given one.
const absolute: Plugin = {
  name: "absolute-import",
  generateBundle(_, bundle) {
    const loader = bundle["widget.js"];
    if (loader?.type !== "chunk") throw new Error("there is no widget.js");
    const before = loader.code;
    loader.code = before.replace(/import\([`'"]\.(\/widget\/[^`'"]+)[`'"]\)/g, "import(onethread.desk+`$1`)");
    if (loader.code === before) throw new Error("the loader imports nothing");
  },
};

// The loader keeps its name, since pages that embed it have it written down; what it imports has
// a hash in its name and lies under /widget/.
export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  plugins: [absolute],
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
    lib: {
      entry: { loader: here("loader.ts"), frame: here("frame.ts") },
      formats: ["es"],
      fileName: (_, name) => (name === "loader" ? "widget.js" : "widget/frame-[hash].js"),
    },
    rollupOptions: {
      output: {
        chunkFileNames: "widget/[name]-[hash].js",
        minify: true,
        // What every part stands on comes with the widget itself, in one file.
        codeSplitting: { groups: [{ name: "widget", test: /node_modules|[\\/]widget[\\/]widget\.tsx$/ }] },
      },
    },
  },
});
