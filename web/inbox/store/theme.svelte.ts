// How the page looks: light, dark, or as the system has it; with how much contrast; how much of it on a page.
import { MediaQuery } from "svelte/reactivity";

export type ThemeChoice = "auto" | "light" | "dark";
export type Contrast = "auto" | "more";
export type Density = "comfortable" | "compact";
const STORED = "onethread.theme";
const STORED_CONTRAST = "onethread.contrast";
const STORED_DENSITY = "onethread.density";
const CHOICES: readonly ThemeChoice[] = ["auto", "light", "dark"];

class Theme {
  choice: ThemeChoice = $state("auto");
  contrast: Contrast = $state("auto");
  density: Density = $state("comfortable");
  /** The height of a row of the list, in pixels: `--row`. */
  readonly row = $derived(this.density === "compact" ? 70 : 84);
  #system = matchMedia("(prefers-color-scheme: dark)");
  #wish = matchMedia("(prefers-contrast: more)");

  begin(): void {
    const stored = localStorage.getItem(STORED);
    this.choice = CHOICES.find((one) => one === stored) ?? "auto";
    this.contrast = localStorage.getItem(STORED_CONTRAST) === "more" ? "more" : "auto";
    this.density = localStorage.getItem(STORED_DENSITY) === "compact" ? "compact" : "comfortable";
    for (const one of [this.#system, this.#wish]) one.addEventListener("change", () => this.#show());
    this.#show();
  }

  changeContrast(contrast: Contrast): void {
    this.contrast = contrast;
    localStorage.setItem(STORED_CONTRAST, contrast);
    this.#show();
  }

  changeDensity(density: Density): void {
    this.density = density;
    localStorage.setItem(STORED_DENSITY, density);
    this.#show();
  }

  change(choice: ThemeChoice): void {
    this.choice = choice;
    localStorage.setItem(STORED, choice);
    this.#show();
  }

  #show(): void {
    const isDark = this.choice === "dark" || (this.choice === "auto" && this.#system.matches);
    const { dataset } = document.documentElement;
    dataset.theme = isDark ? "dark" : "light";
    dataset.contrast = this.contrast === "more" || this.#wish.matches ? "more" : "normal";
    dataset.density = this.density;
  }
}

export const theme = new Theme();

/** How wide the page is: one pane on a phone, the person in a drawer on a small desk. */
export const isNarrow = new MediaQuery("max-width: 767px", false);
/** Beside the list there is room for a name and a few buttons. */
export const isTight = new MediaQuery("max-width: 899px", false);
export const isWide = new MediaQuery("min-width: 1280px", true);
