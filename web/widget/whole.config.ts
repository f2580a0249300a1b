import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Everything in one file, whose bytes a page can hold to by their digest (Subresource Integrity).
export default defineConfig({
  root: here("."),
  base: "./",
  mode: "whole",
  publicDir: false,
  build: {
    outDir: here("../../router/web/static/widget"),
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    minify: "oxc",
    lib: { entry: { whole: here("loader.ts") }, name: "_", formats: ["iife"], fileName: () => "widget/whole-[hash].js" },
    rollupOptions: { output: { codeSplitting: false, minify: true } },
  },
});
