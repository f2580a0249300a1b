/** `expired`: the signed token was not taken; the page may identify again. */
export type Happening = "ready" | "open" | "close" | "message" | "unread" | "expired" | "case";

type Listener = (value: unknown) => void;

/** What the page is told of. */
export class Happenings {
  private readonly listeners = new Map<Happening, Set<Listener>>();

  /** Returns what stops listening. */
  on(happening: Happening, listener: Listener): () => void {
    const all = this.listeners.get(happening) ?? new Set();
    this.listeners.set(happening, all.add(listener));
    return () => void all.delete(listener);
  }

  tell(happening: Happening, value?: unknown): void {
    for (const listener of this.listeners.get(happening) ?? []) listener(value);
  }
}
