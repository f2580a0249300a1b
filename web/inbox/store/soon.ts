// What every page hears of at the same instant is asked for once, by one page after another.
const TOGETHER = 300;
const APART = 1500;

export class Soon {
  readonly #act: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(act: () => void) {
    this.#act = act;
  }

  ask(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#act();
    }, TOGETHER + Math.random() * APART);
  }

  stop(): void {
    this.#timer = void clearTimeout(this.#timer);
  }
}
