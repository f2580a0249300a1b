import { signal } from "@preact/signals";
import type { Api } from "./api";
import { Refused } from "./api";
import type { FileView } from "./frames";
import { newClientId } from "./outbox";
import type { Shelf, Shelved } from "./shelf";

export interface Upload {
  id: string;
  name: string;
  /** 0 to 1. */
  done: number;
  stored?: FileView;
}

/** How far a file has come; `file` once it is whole. */
interface Progress {
  received: number;
  size: number;
  file: FileView | null;
}

const PIECES = "uploads/pieces";
const PATIENCE = 120_000;
const PIECE = 512 * 1024;
const LONGEST_WAIT = 30_000;
/** The desk forgets after a day what was not sent. */
const GOOD_FOR = 20 * 3_600_000;

interface Hands {
  token(): Promise<string>;
  owner(): string | undefined;
  failed(name: string): void;
}

async function digest(blob: Blob): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const bytes = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Files on their way, piece by piece: they go on after a lost network and after a reload. */
export class Uploads {
  readonly list = signal<readonly Upload[]>([]);
  private readonly wakers = new Map<string, () => void>();

  constructor(
    private readonly api: Api,
    private readonly account: string,
    private readonly shelf: Shelf,
    private readonly hands: Hands,
  ) {}

  /** What was chosen before the page was loaded again. */
  async restore(): Promise<void> {
    for (const one of await this.shelf.list(this.account)) {
      if (Date.now() - one.at > GOOD_FOR || one.owner !== this.hands.owner()) {
        if (one.owner !== undefined || Date.now() - one.at > GOOD_FOR) void this.shelf.drop(one.id);
      } else if (!this.list.value.some((known) => known.id === one.id)) this.show(one);
    }
  }

  add(file: File): void {
    const { name, type, size } = file;
    const id = newClientId();
    this.show({ id, account: this.account, owner: this.hands.owner(), name, type, size, at: Date.now(), blob: file });
  }

  remove(id: string): void {
    this.list.value = this.list.value.filter((one) => one.id !== id);
    this.wakers.get(id)?.();
    void this.shelf.drop(id);
  }

  /** The files that the desk has, to be sent with a message: they leave the list. */
  take(): FileView[] {
    const ready = this.list.value.filter((one) => one.stored);
    for (const { id } of ready) this.remove(id);
    return ready.map((one) => one.stored!);
  }

  clear(): void {
    for (const { id } of this.list.value) this.remove(id);
  }

  /** The network is back: do not wait. */
  hurry(): void {
    for (const wake of [...this.wakers.values()]) wake();
  }

  private show(one: Shelved): void {
    this.list.value = [...this.list.value, { id: one.id, name: one.name, done: one.stored ? 1 : 0, stored: one.stored }];
    if (!one.stored) void this.run(one);
  }

  private async run(one: Shelved): Promise<void> {
    await this.shelf.put(one);
    for (let waits = 0; this.isWanted(one.id); ) {
      try {
        const stored = await this.carry(one, () => (waits = 0));
        if (!this.isWanted(one.id)) return;
        this.change(one.id, { stored, done: 1 });
        await this.shelf.put({ ...one, blob: undefined, stored });
        return;
      } catch (error) {
        const refused = error instanceof Refused ? error : new Refused(0, "", String(error), 0);
        if (refused.status === 404 || refused.code === "digest_mismatch") one.key = undefined;
        else if (!refused.passes && refused.status !== 401) {
          this.remove(one.id);
          this.hands.failed(one.name);
          return;
        }
        const backoff = Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(waits++, 5));
        await this.pause(one.id, Math.max(backoff, refused.retryAfter * 1000));
      }
    }
  }

  private async carry(one: Shelved, moved: () => void): Promise<FileView> {
    const blob = one.blob!;
    const token = await this.hands.token();
    let progress: Progress | undefined;
    if (!one.key) {
      const sha256 = await digest(blob);
      const { name, size, type } = one;
      const begun = { name, size, media_type: type, sha256 };
      one.key = (await this.api.post<{ key: string }>(PIECES, begun, token)).key;
      progress = { received: 0, size, file: null };
      await this.shelf.put(one);
    }
    const path = `${PIECES}/${one.key}`;
    progress ??= await this.api.json<Progress>(path, {}, token);
    while (!progress.file) {
      if (!this.isWanted(one.id)) throw new Refused(0, "unwanted", "", 0);
      const from: number = progress.received;
      this.change(one.id, { done: from / one.size });
      const headers = { "Content-Type": "application/octet-stream" };
      const piece = { method: "PATCH", body: blob.slice(from, from + PIECE), headers };
      progress = await this.api.json<Progress>(`${path}?offset=${from}`, piece, token, PATIENCE);
      moved();
    }
    return progress.file;
  }

  private isWanted(id: string): boolean {
    return this.list.value.some((one) => one.id === id);
  }

  private change(id: string, change: Partial<Upload>): void {
    this.list.value = this.list.value.map((one) => (one.id === id ? { ...one, ...change } : one));
  }

  private pause(id: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.wakers.delete(id);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.wakers.set(id, wake);
    });
  }
}
