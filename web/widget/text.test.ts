import { expect, test } from "vitest";
import { textOn } from "./color";
import { pieces } from "./links";
import en from "./words/en.json";
import ru from "./words/ru.json";
import zh from "./words/zh.json";

test.each([
  ["see https://a.example/x?y=1.", ["see ", "https://a.example/x?y=1", "."]],
  ["(https://a.example)", ["(", "https://a.example", ")"]],
  ["请看 https://a.example/页。谢谢", ["请看 ", "https://a.example/页", "。谢谢"]],
  ["javascript:alert(1)", ["javascript:alert(1)"]],
  ["https://", ["https://"]],
  ["", []],
])("%s is cut where its addresses are", (text, expected) => {
  expect(pieces(text).map((piece) => piece.text)).toEqual(expected);
});

test("only web addresses can be clicked", () => {
  const found = pieces("javascript:alert(1) data:text/html,x https://a.example file:///etc");

  expect(found.filter((piece) => piece.href).map((piece) => piece.href)).toEqual(["https://a.example"]);
});

function contrast(a: string, b: string): number {
  const light = (color: string) => {
    const full = color.length === 4 ? color.replace(/[0-9a-f]/gi, "$&$&") : color;
    const [r, g, bl] = [1, 3, 5]
      .map((at) => parseInt(full.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!;
  };
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}

test("text reads well on every brand colour", () => {
  for (let red = 0; red < 256; red += 15)
    for (let green = 0; green < 256; green += 15)
      for (let blue = 0; blue < 256; blue += 15) {
        const color = `#${[red, green, blue].map((c) => c.toString(16).padStart(2, "0")).join("")}`;
        expect(contrast(color, textOn(color)), color).toBeGreaterThanOrEqual(4.5);
      }
});

test("every locale has the same words with the same places", () => {
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const words of [zh, ru]) {
    expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(places(words[key]), key).toEqual(places(en[key]));
  }
});
