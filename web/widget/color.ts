/** Black or white, whichever reads better on it; one of them is always above 4.5:1 (WCAG 2.2). */
export function textOn(color: string): "#fff" | "#000" {
  const channels = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  return 1.05 / (luminance + 0.05) >= 4.5 ? "#fff" : "#000";
}

export const isColor = (text: string | undefined): text is string => /^#[0-9a-f]{6}$/i.test(text ?? "");
