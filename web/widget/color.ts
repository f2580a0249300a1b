const DARK = "#000";
const LIGHT = "#fff";

/** Relative luminance of #rrggbb (WCAG 2.2). */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** How well one stands out on the other, from 1 to 21. */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

/** Black or white, whichever reads better on it; one of them is always above 4.5:1 (WCAG 2.2). */
export const textOn = (color: string) => (contrast(color, "#ffffff") >= 4.5 ? LIGHT : DARK);

export const isColor = (text: string | undefined): text is string => /^#[0-9a-f]{6}$/i.test(text ?? "");
