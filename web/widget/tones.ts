/** What a page may set: as `--onethread-accent` and so on in its CSS, or by `setTheme`. */
export const TONES = ["accent", "surface", "text", "line", "radius", "font"] as const;
export type Tones = Partial<Record<(typeof TONES)[number], string>>;
/** `mode`: auto, light or dark. */
export type Theme = Tones & { mode?: string };

export const read = (host: HTMLElement, name: string) => getComputedStyle(host).getPropertyValue(`--onethread-${name}`).trim();

/** What the page's own CSS says, for a chat that stands in another document. */
export function tonesOf(host: HTMLElement): Tones {
  return Object.fromEntries(TONES.map((name) => [name, read(host, name)]).filter(([, value]) => value));
}
