import { signal } from "@preact/signals";

const SHOWN = 6_000;
const SAID = 3_000;

/** Who writes just now: an agent, shown for a while, and the visitor, said now and then. */
export class Typing {
  /** The agent's name; empty: nobody. */
  readonly author = signal("");
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saidAt = 0;

  show(author: string): void {
    clearTimeout(this.timer);
    this.author.value = author;
    if (author) this.timer = setTimeout(() => (this.author.value = ""), SHOWN);
  }

  /** Whether it is time to say again that the visitor writes. */
  isDue(): boolean {
    const now = Date.now();
    if (now - this.saidAt < SAID) return false;
    this.saidAt = now;
    return true;
  }

  /** What was being written is sent. */
  reset(): void {
    this.saidAt = 0;
  }
}
