import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { texts } from "./shared/texts.ts";

export default defineConfig({
  plugins: [svelte(), texts],
  resolve: { conditions: ["browser"] },
  test: {
    include: ["{inbox,shared,widget}/**/*.test.ts", "{inbox,shared,widget}/**/*.test.tsx"],
    environment: "node",
    pool: "threads",
    maxWorkers: 2,
  },
});
