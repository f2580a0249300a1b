import { expect, test } from "vitest";
import { openDoors } from "./doors";

const chunk = (fileName: string, code: string) => ({ type: "chunk" as const, fileName, code });

/** The code of each file that is left, by its name. */
function built(...chunks: ReturnType<typeof chunk>[]): Record<string, string> {
  const bundle = Object.fromEntries(chunks.map((one) => [one.fileName, one]));
  openDoors(bundle);
  return Object.fromEntries(Object.values(bundle).map((one) => [one.fileName, one.code]));
}

const PALETTE = chunk("assets/Palette-B9.js", 'export{Gt as default}from"./later-A1.js";\n');

test("a part is taken from the file that holds it, and what only passed it on is gone", () => {
  expect(built(PALETTE, chunk("assets/desk-C0.js", "let load=()=>import(`./Palette-B9.js`);"))).toEqual({
    "assets/desk-C0.js": 'let load=()=>import("./later-A1.js").then(e=>({default:e.Gt}));',
  });
});

test("all that a file passes on comes by the names that it gave", () => {
  const words = chunk("assets/find-D2.js", 'export{$t as FindBar,wide}from"./later-A1.js";');
  expect(built(words, chunk("assets/desk-C0.js", 'let{FindBar:e}=await import("./find-D2.js")'))).toEqual({
    "assets/desk-C0.js": 'let{FindBar:e}=await import("./later-A1.js").then(e=>({FindBar:e.$t,wide:e.wide}))',
  });
});

test("a file with anything of its own stays as it is", () => {
  const own = chunk("assets/Login-E3.js", 'import{t}from"./core-F4.js";export{t as default};');
  const asks = chunk("assets/index-G5.js", 'import("./Login-E3.js")');
  expect(built(own, asks)).toEqual({ [own.fileName]: own.code, [asks.fileName]: asks.code });
});

test("a build where one is asked for in another way fails", () => {
  expect(() => built(PALETTE, chunk("assets/desk-C0.js", 'import e from"./Palette-B9.js";'))).toThrow("desk-C0.js");
});
