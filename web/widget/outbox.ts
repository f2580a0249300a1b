import type { Api } from "./api";
import { Refused } from "./api";
import type { Ack, Draft } from "./frames";
import type { Keep } from "./keep";
import { exclusively } from "./locks";

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
  /** Whether this page's session may send what this one wrote. */
  owns(draft: Draft): boolean;
  changed(queue: readonly Draft[]): void;
  sent(draft: Draft, ack: Ack): void;
  /** The desk asked for patience: how long, in ms; 0 when that is over. */
  held(patience: number): void;
}

/** Messages that the desk does not have yet: one after the other, in order, until it does. Tabs
 * take turns, and each sends what any of them wrote. */
export class Outbox {
  private isBusy = false;
  private waits = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Api,
    private readonly keep: Keep,
    private readonly hands: Hands,
  ) {}

  get queue(): Draft[] {
    return this.keep.drafts().filter((draft) => this.hands.owns(draft));
  }

  add(draft: Omit<Draft, "order">): void {
    const last = this.keep.drafts().at(-1)?.order ?? 0;
    this.keep.putDraft({ ...draft, order: Math.max(last + 1, Date.now() * 1000) });
    this.changed();
    this.hurry();
  }

  retry(clientId: string): void {
    const draft = this.queue.find((one) => one.client_id === clientId);
    if (draft) this.keep.putDraft({ ...draft, failed: undefined });
    this.changed();
    this.hurry();
  }

  drop(clientId: string): void {
    this.keep.dropDraft(clientId);
    this.changed();
  }

  /** This tab or another has changed what is kept. */
  changed(): void {
    this.hands.changed(this.queue);
  }

  /** Try now, not when the wait is over. */
  hurry(): void {
    clearTimeout(this.timer);
    this.waits = 0;
    void this.flush();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private async flush(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await exclusively(`${this.keep.key}:outbox`, async () => {
        let next: Draft | undefined;
        while ((next = this.queue.find((draft) => draft.failed === undefined))) {
          if (!(await this.post(next))) break;
        }
      });
    } finally {
      this.isBusy = false;
    }
  }

  /** False: wait before anything else is tried. */
  private async post(draft: Draft): Promise<boolean> {
    let token = "";
    try {
      token = await this.hands.token();
      if (!this.hands.owns(draft)) return true;
      const ack = await this.api.say(token, draft);
      this.waits = 0;
      this.hands.held(0);
      this.drop(draft.client_id);
      this.hands.sent(draft, ack);
      return true;
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, "", String(error), 0);
      if (refused.code === "form_incomplete" && !draft.answers) {
        // A session that the desk has forgotten took what was said of themselves along.
        const { answers } = this.keep.read();
        this.keep.putDraft(answers ? { ...draft, answers } : { ...draft, failed: refused.message });
        this.changed();
        return true;
      }
      if (refused.status === 401 && token) this.hands.refuse(token);
      else if (!refused.passes) {
        this.keep.putDraft({ ...draft, failed: refused.message || refused.code });
        this.changed();
        return true;
      }
      this.wait(refused.retryAfter * 1000);
      if (refused.status === 429) this.hands.held(refused.retryAfter * 1000);
      return false;
    }
  }

  private wait(atLeast: number): void {
    const backoff = Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(this.waits++, 5));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), Math.max(atLeast, backoff));
  }
}
