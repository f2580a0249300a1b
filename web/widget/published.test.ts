import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { OnethreadCommand, OnethreadHappenings } from "../../router/web/pages/onethread.d.ts";
import type { Happening } from "./happenings";

const source = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf-8");

test("published types name the commands that there are, and no others", () => {
  const [, listed] = source("./loader.ts").match(/of "([\w,]+)"\.split/)!;
  const published = source("../../router/web/pages/onethread.d.ts").match(/interface OnethreadCommands \{([^}]+)\}/)![1]!;

  expect([...published.matchAll(/^ {2}(\w+)[(<]/gm)].map(([, name]) => name).sort()).toEqual(listed!.split(",").sort());
});

test("a page's commands are typed as the chat takes them", () => {
  // Both lines are checked by the compiler: a happening of the page is one of the chat's.
  const happening = (name: keyof OnethreadHappenings): Happening => name;
  const said: OnethreadCommand[] = [["open"], ["setTheme", { mode: "dark", accent: "#112233" }], ["prefill", "Hello"]];

  expect([happening("ready"), said.length]).toEqual(["ready", 3]);
});
