/** `expired`: the signed token was not taken; the page may identify again. */
export type Happening = "ready" | "open" | "close" | "message" | "unread" | "expired";

type Listener = (value: unknown) => void;

/** What the page is told of. */
export class Happenings {
  private readonly listeners = new Map<Happening, Set<Listener>>();

  on(happening: Happening, listener: Listener): void {
    if (!this.listeners.has(happening)) this.listeners.set(happening, new Set());
    this.listeners.get(happening)!.add(listener);
  }

  tell(happening: Happening, value?: unknown): void {
    for (const listener of this.listeners.get(happening) ?? []) listener(value);
  }
}
