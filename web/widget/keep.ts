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
  look?: Config["appearance"];
  locale?: string;
  /** What an unknown visitor has said of themselves, and whether the desk has it. */
  answers?: Record<string, string>;
  areAnswersSent?: boolean;
  /** New messages are heard. */
  isLoud?: boolean;
}

const memory = new Map<string, string>();

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

function names(): string[] {
  const found = new Set(memory.keys());
  const kept = storage();
  for (let at = 0; kept && at < kept.length; at++) found.add(kept.key(at)!);
  return [...found];
}

/** In the page's own storage, or in memory where that is forbidden. Two accounts never meet. */
export class Keep {
  constructor(readonly key: string) {}

  read(): Kept {
    return this.get<Kept>(this.key) ?? {};
  }

  write(change: Kept): void {
    this.put(this.key, { ...this.read(), ...change });
  }

  /** Messages on their way, in the order in which they were written: each by itself, so that two
   * tabs can never overwrite each other's. */
  drafts(): Draft[] {
    const found = names()
      .filter((name) => name.startsWith(`${this.key}#`))
      .map((name) => this.get<Draft>(name))
      .filter((draft) => draft?.client_id !== undefined) as Draft[];
    return found.sort((a, b) => a.order - b.order || (a.client_id < b.client_id ? -1 : 1));
  }

  putDraft(draft: Draft): void {
    this.put(`${this.key}#${draft.client_id}`, draft);
  }

  dropDraft(clientId: string): void {
    const name = `${this.key}#${clientId}`;
    memory.delete(name);
    try {
      storage()?.removeItem(name);
    } catch {
      // Forbidden: then it was never there.
    }
  }

  /** Everything but how it looks and sounds. */
  dropAll(): void {
    for (const { client_id } of this.drafts()) this.dropDraft(client_id);
    this.write({ guest: undefined, signed: undefined, answers: undefined, areAnswersSent: undefined });
  }

  /** What was written by anybody who was signed in, but in this session. */
  dropOthers(session: string | undefined): void {
    for (const { owner, client_id } of this.drafts()) if (owner && owner !== session) this.dropDraft(client_id);
  }

  /** Another tab changed it. Returns what stops listening. */
  watch(changed: (areDrafts: boolean) => void): () => void {
    const listen = ({ key }: StorageEvent) => {
      if (key === this.key) changed(false);
      else if (key === null || key.startsWith(`${this.key}#`)) changed(true);
    };
    addEventListener("storage", listen);
    return () => removeEventListener("storage", listen);
  }

  private get<T>(name: string): T | undefined {
    let text: string | null | undefined = memory.get(name);
    try {
      text ??= storage()?.getItem(name);
      return text ? (JSON.parse(text) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  private put(name: string, value: unknown): void {
    const text = JSON.stringify(value);
    try {
      localStorage.setItem(name, text);
      memory.delete(name);
    } catch {
      memory.set(name, text);
    }
  }
}
