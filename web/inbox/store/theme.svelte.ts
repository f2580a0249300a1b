// Light, dark, or as the system has it; and what the agent keeps about the panes.
import { MediaQuery } from "svelte/reactivity";

export type ThemeChoice = "auto" | "light" | "dark";
const STORED = "onethread.theme";
const CHOICES: readonly ThemeChoice[] = ["auto", "light", "dark"];

class Theme {
  choice: ThemeChoice = $state("auto");
  #system = matchMedia("(prefers-color-scheme: dark)");

  begin(): void {
    const stored = localStorage.getItem(STORED);
    this.choice = CHOICES.find((one) => one === stored) ?? "auto";
    this.#system.addEventListener("change", () => this.#show());
    this.#show();
  }

  change(choice: ThemeChoice): void {
    this.choice = choice;
    localStorage.setItem(STORED, choice);
    this.#show();
  }

  #show(): void {
    const isDark = this.choice === "dark" || (this.choice === "auto" && this.#system.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  }
}

export const theme = new Theme();

/** How wide the page is: one pane on a phone, the person in a drawer on a small desk. */
export const isNarrow = new MediaQuery("max-width: 767px", false);
export const isWide = new MediaQuery("min-width: 1280px", true);
