import { contrast, isColor, textOn } from "./color";
import { read, TONES, type Tones } from "./tones";

/** The accent with a text on it that can be read; and what marks the focus on the surface. */
export function paint(host: HTMLElement, tones: Tones, configured?: string): void {
  for (const name of TONES) if (tones[name]) host.style.setProperty(`--onethread-${name}`, tones[name]);
  const accent = [read(host, "accent"), configured].find(isColor);
  const surface = read(host, "surface");
  const set = (name: string, value: string) => host.style.setProperty(name, value);
  if (accent) {
    set("--accent", accent);
    set("--on-accent", textOn(accent));
  }
  if (!isColor(surface)) return;
  const text = read(host, "text");
  // What a page chose and nobody could read is put right.
  set("--text", isColor(text) && contrast(text, surface) >= 4.5 ? text : textOn(surface));
  host.dataset.theme = textOn(surface) === "#fff" ? "dark" : "light";
  set("--soft", "color-mix(in srgb,var(--text) 72%,var(--surface))");
  set("--raised", "color-mix(in srgb,var(--text) 7%,var(--surface))");
}
