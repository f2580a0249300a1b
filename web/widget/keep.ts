import type { Config, Draft } from "./frames";

export interface KeptSession {
  token: string;
  session: string;
}

/** What this browser remembers of one account's chat on one site. */
export interface Kept {
  guest?: KeptSession;
  /** Bound to whoever was signed in: worthless to the next person at this computer. */
  signed?: KeptSession;
  queue?: Draft[];
  look?: Config["appearance"];
  locale?: string;
}

const memory = new Map<string, string>();

/** In the page's own storage, or in memory where that is forbidden. Two accounts never meet. */
export class Keep {
  constructor(private readonly key: string) {}

  read(): Kept {
    let text: string | null | undefined;
    try {
      text = localStorage.getItem(this.key);
    } catch {
      text = memory.get(this.key);
    }
    try {
      return (text && (JSON.parse(text) as Kept)) || {};
    } catch {
      return {};
    }
  }

  write(change: Kept): void {
    const text = JSON.stringify({ ...this.read(), ...change });
    try {
      localStorage.setItem(this.key, text);
    } catch {
      memory.set(this.key, text);
    }
  }

  /** Another tab changed it. Returns what stops listening. */
  watch(changed: () => void): () => void {
    const listen = (event: StorageEvent) => event.key === this.key && changed();
    addEventListener("storage", listen);
    return () => removeEventListener("storage", listen);
  }
}
