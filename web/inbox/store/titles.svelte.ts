// What the tab is called: as the page that is open says, else by who sits at it. Only the shell writes it down.
import { untrack } from "svelte";

class Titles {
  #lent: { title: string }[] = $state.raw([]);
  readonly current = $derived(this.#lent.at(-1)?.title);

  /** Until the returned function is called, the tab is called so. The latest lender wins. */
  lend(title: string): () => void {
    const one = { title };
    this.#lent = [...untrack(() => this.#lent), one];
    return () => {
      this.#lent = untrack(() => this.#lent).filter((other) => other !== one);
    };
  }
}

export const titles = new Titles();
