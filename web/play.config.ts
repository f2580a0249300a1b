// Plays what a test of the desk recorded on the page's own stores: `tests/web/test_feed_kinds.py` runs it.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { texts } from "./shared/texts.ts";

export default defineConfig({
  plugins: [svelte(), texts],
  resolve: { conditions: ["browser"] },
  test: { include: ["inbox/**/*.play.ts"], environment: "happy-dom", pool: "threads", maxWorkers: 1 },
});
