import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  resolve: { conditions: ["browser"] },
  test: {
    include: ["{inbox,shared,widget}/**/*.test.ts", "{inbox,shared,widget}/**/*.test.tsx"],
    environment: "node",
    pool: "threads",
    maxWorkers: 1,
  },
});
