// Of all tabs of one browser one leads, and knows what the reader looks at in the others.
import type { Id } from "../../shared/api-types";

type Said = { tab: string; looksAt: Id | "elsewhere" | null } | { asks: true } | { settings: true };
export type Channel = Pick<BroadcastChannel, "postMessage" | "close"> & { onmessage: ((event: { data: unknown }) => void) | null };
export type Locks = Pick<LockManager, "request">;

const NAME = "onethread.alerts";

export class Lead {
  /** Leading ends with the tab, and another takes over by itself. Without locks every tab leads. */
  isLeading: boolean;
  /** Who is looked at in the one tab that has the keyboard; null: the reader is not here. */
  #focused: { tab: string; at: Id | "elsewhere" } | null = null;
  readonly #tab = crypto.randomUUID();
  readonly #channel: Channel | null;
  #own: Id | "elsewhere" | null = null;
  #leave: () => void = () => {};

  constructor(
    locks: Locks | undefined,
    channel: Channel | null,
    private readonly onSettings: () => void,
  ) {
    this.isLeading = !locks;
    this.#channel = channel;
    if (channel) channel.onmessage = ({ data }) => this.#hear(data as Said);
    const held = new Promise<void>((resolve) => (this.#leave = resolve));
    void locks
      ?.request(NAME, () => {
        this.isLeading = true;
        this.#channel?.postMessage({ asks: true } satisfies Said);
        return held;
      })
      .catch(() => undefined);
  }

  /** This tab looks at somebody, at something else, or is not looked at. */
  look(at: Id | "elsewhere" | null): void {
    this.#own = at;
    this.#note(this.#tab, at);
    this.#channel?.postMessage({ tab: this.#tab, looksAt: at } satisfies Said);
  }

  isLookedAt(personId: Id): boolean {
    return this.#focused?.at === personId;
  }

  /** The other tabs read the agent's settings again. */
  tellSettings(): void {
    this.#channel?.postMessage({ settings: true } satisfies Said);
  }

  end(): void {
    this.look(null);
    this.#leave();
    this.#channel?.close();
  }

  #hear(said: Said): void {
    if ("settings" in said) this.onSettings();
    else if ("asks" in said) {
      if (this.#own !== null) this.look(this.#own);
    } else this.#note(said.tab, said.looksAt);
  }

  #note(tab: string, at: Id | "elsewhere" | null): void {
    if (at !== null) this.#focused = { tab, at };
    else if (this.#focused?.tab === tab) this.#focused = null;
  }
}

export function openChannel(): Channel | null {
  return typeof BroadcastChannel === "undefined" ? null : (new BroadcastChannel(NAME) as Channel);
}
