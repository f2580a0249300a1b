// What waits for this agent: answers for a second one to let out, and what a shift handed over.
import type { Id, WaitingApproval } from "../../shared/api-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";

/** Every page hears of the same change at once: what happens together is asked for once, by one page after another. */
const TOGETHER = 300;
const APART = 1500;

class Awaiting {
  approvals: WaitingApproval[] = $state.raw([]);
  handovers: Id[] = $state.raw([]);
  #turn = 0;
  #isFollowed = false;
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** Those that this agent may let out. */
  get mine(): number {
    return this.approvals.filter((one) => one.may_approve).length;
  }

  get count(): number {
    return this.mine + this.handovers.length;
  }

  /** Where what waits is. */
  get path(): string {
    return this.handovers.length > 0 ? "/settings/handovers" : this.mine > 0 ? "/settings/approvals" : "/settings";
  }

  /** Whether an answer in this conversation waits, whoever may let it out. */
  isIn(personId: Id): boolean {
    return this.approvals.some((one) => one.conversation_id === personId);
  }

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      desk.listen((event) => ["approval.changed", "handover.changed"].includes(event.kind) && this.#loadSoon(), () => this.#loadSoon());
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const found = await take(api.GET("/api/v1/awaiting"));
    if (turn !== this.#turn) return;
    this.approvals = found.approvals;
    this.handovers = found.handovers;
  }

  forget(): void {
    this.#soon = void clearTimeout(this.#soon);
    this.#turn += 1;
    this.approvals = [];
    this.handovers = [];
  }

  #loadSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.load().catch(() => undefined);
    }, TOGETHER + Math.random() * APART);
  }
}

export const awaiting = new Awaiting();
desk.whenEnded(() => awaiting.forget());
