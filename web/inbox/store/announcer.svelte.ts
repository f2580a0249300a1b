// What a screen reader is told of new messages: the first at once, those of the next while together.
const PAUSE = 8000;

class Announcer {
  /** The names that are read out now; empty: silence. */
  said: { name: string; count: number } | null = $state.raw(null);
  #waiting = { name: "", count: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  hear(name: string): void {
    this.#waiting = { name, count: this.#waiting.count + 1 };
    if (this.#timer === undefined) this.#say();
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.said = null;
    this.#waiting = { name: "", count: 0 };
  }

  #say(): void {
    this.#timer = undefined;
    // The same words twice in a row are not read again: between them there is nothing.
    this.said = this.#waiting.count > 0 ? this.#waiting : null;
    this.#waiting = { name: "", count: 0 };
    if (this.said) this.#timer = setTimeout(() => this.#say(), PAUSE);
  }
}

export const announcer = new Announcer();
