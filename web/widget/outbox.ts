import type { Api } from "./api";
import { Refused } from "./api";
import type { Ack, Draft } from "./frames";
import type { Keep } from "./keep";

const LONGEST_WAIT = 30_000;

/** 96 random bits: by it the desk knows a message that comes twice. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface Hands {
  /** A live session's token; opens one if there is none. */
  token(): Promise<string>;
  /** The token was refused: the next `token()` must be another. */
  refuse(token: string): void;
  changed(queue: readonly Draft[]): void;
  sent(draft: Draft, ack: Ack): void;
}

/** Messages that the desk does not have yet: one after the other, in order, until it does. */
export class Outbox {
  queue: Draft[];
  private isBusy = false;
  private waits = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Api,
    private readonly keep: Keep,
    private readonly hands: Hands,
  ) {
    this.queue = keep.read().queue ?? [];
  }

  add(draft: Draft): void {
    this.set([...this.queue, draft]);
    this.hurry();
  }

  retry(clientId: string): void {
    this.set(this.queue.map((d) => (d.client_id === clientId ? { ...d, failed: undefined } : d)));
    this.hurry();
  }

  drop(clientId: string): void {
    this.set(this.queue.filter((draft) => draft.client_id !== clientId));
  }

  /** Try now, not when the wait is over. */
  hurry(): void {
    clearTimeout(this.timer);
    this.waits = 0;
    void this.flush();
  }

  private async flush(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      let next: Draft | undefined;
      while ((next = this.queue.find((draft) => draft.failed === undefined))) {
        if (!(await this.post(next))) break;
      }
    } finally {
      this.isBusy = false;
    }
  }

  /** False: wait before anything else is tried. */
  private async post(draft: Draft): Promise<boolean> {
    let token = "";
    try {
      token = await this.hands.token();
      const ack = await this.api.say(token, draft);
      this.waits = 0;
      this.drop(draft.client_id);
      this.hands.sent(draft, ack);
      return true;
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, "", String(error), 0);
      if (refused.status === 401 && token) this.hands.refuse(token);
      else if (!refused.passes) {
        this.fail(draft, refused.message || refused.code);
        return true;
      }
      this.wait(refused.retryAfter * 1000);
      return false;
    }
  }

  private fail(draft: Draft, failed: string): void {
    this.set(this.queue.map((d) => (d.client_id === draft.client_id ? { ...d, failed } : d)));
  }

  private wait(atLeast: number): void {
    const backoff = Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(this.waits++, 5));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), Math.max(atLeast, backoff));
  }

  private set(queue: Draft[]): void {
    this.queue = queue;
    this.keep.write({ queue });
    this.hands.changed(queue);
  }
}
