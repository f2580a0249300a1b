import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const web = fileURLToPath(new URL("..", import.meta.url));
const css = readFileSync(join(web, "shared/tokens.css"), "utf-8");
const block = (selector: string): Record<string, string> => {
  const body = css.slice(css.indexOf(`${selector} {`)).split("}")[0] ?? "";
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((found) => [found[1], found[2]]));
};
const light = block(":root");
const dark = { ...light, ...block(':root[data-theme="dark"]') };
const high = block(':root[data-contrast="more"]');
const themes = {
  light,
  dark,
  "light high contrast": { ...light, ...high },
  "dark high contrast": { ...dark, ...high, ...block(':root[data-theme="dark"][data-contrast="more"]') },
};

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const pairs = [
  ...["surface-0", "surface-1", "surface-2", "out", "note", "accent-soft"].flatMap((back) => [
    ["text-1", back], ["text-2", back], ["text-3", back],
  ]),
  ["on-accent", "accent"], ["accent", "surface-1"], ["accent", "surface-0"], ["accent-strong", "accent-soft"],
  ["ok", "ok-soft"], ["warn", "warn-soft"], ["bad", "bad-soft"], ["bad", "surface-0"], ["bad", "surface-1"],
  ["ok", "surface-1"], ["warn", "surface-1"], ["surface-1", "bad"],
  ...[0, 1, 2, 3, 4, 5].map((tint) => [`tint-${tint}`, `tint-${tint}-soft`]),
] as [string, string][];

/** What the pairs above name, so that a colour that is added is measured too; the rest is no text and no control. */
const NEITHER = /^(line|paper|surface-3|out-line|note-line|unread|focus|line-strong)$/;
const controls = ["surface-0", "surface-1"].flatMap((back) => [["line-strong", back], ["focus", back], ["unread", back]]) as [string, string][];
const weak = (theme: Record<string, string>, wanted: [string, string][], least: number): string[] =>
  wanted.map(([one, other]) => [one, other, contrast(theme[one] ?? "", theme[other] ?? "")] as const)
    .filter(([, , found]) => !(found >= least))
    .map(([one, other, found]) => `${one} on ${other}: ${found.toFixed(2)}`);

test.each(Object.entries(themes))("in the %s theme text can be read on every surface it stands on", (name, theme) => {
  expect(weak(theme, pairs, name.includes("high") ? 7 : 4.5)).toEqual([]);
});

test("on paper it is day, whoever prints it by night", () => {
  const onScreen = [...css.matchAll(/@media screen \{\n(.*?)\n\}/gs)].map((found) => found[1]).join("");
  expect(onScreen.match(/:root\[data-theme="dark"\]/g)).toHaveLength(2);
  expect(css.match(/:root\[data-theme="dark"\]/g)).toHaveLength(2);
});

test.each(Object.entries(themes))("in the %s theme controls stand out from their surface", (_, theme) => {
  expect(weak(theme, controls, 3)).toEqual([]);
});

test.each([["light high contrast"], ["dark high contrast"]] as const)("in the %s theme every line can be seen", (name) => {
  const lines = ["line", "note-line", "out-line"].map((line) => [line, "surface-1"] as [string, string]);
  expect(weak(themes[name], lines, 3)).toEqual([]);
});

test("every colour is in a pair that is measured", () => {
  const measured = new Set(pairs.flat());
  for (const theme of Object.values(themes)) {
    expect(Object.keys(theme).filter((name) => !measured.has(name) && !NEITHER.test(name))).toEqual([]);
  }
});

test("raw colours stand in tokens.css alone", () => {
  const found = readdirSync(web, { recursive: true, encoding: "utf-8" })
    .filter((path) => /^(inbox|shared)\/.*\.(svelte|css)$/.test(path) && !path.endsWith("tokens.css"))
    .filter((path) => {
      const text = readFileSync(join(web, path), "utf-8");
      const style = path.endsWith(".css") ? text : (/<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? "");
      return /#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/i.test(style);
    });
  expect(found).toEqual([]);
});
