// What waits for this agent: answers for a second one to let out, and what a shift handed over.
import type { Id, WaitingApproval } from "../../shared/api-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { Soon } from "./soon";

/** How soon it is asked again what ended by itself, if the server's clock is behind; and the longest that a timer takes. */
const SOONEST = 5_000;
const LONGEST = 2 ** 31 - 1;

class Awaiting {
  approvals: WaitingApproval[] = $state.raw([]);
  handovers: Id[] = $state.raw([]);
  /** Shifts that are offered, or became others'. */
  exchanges: Id[] = $state.raw([]);
  #turn = 0;
  #isFollowed = false;
  readonly #soon = new Soon(() => {
    const turn = this.#turn + 1;
    void this.load().catch(() => turn === this.#turn && this.#loadLater());
  });
  /** When the first of them is over, which nobody tells at that instant. */
  #end: ReturnType<typeof setTimeout> | undefined;

  /** Those that this agent may let out. */
  get mine(): number {
    return this.approvals.filter((one) => one.may_approve).length;
  }

  get count(): number {
    return this.mine + this.handovers.length + this.exchanges.length;
  }

  /** Where what waits is. */
  get path(): string {
    if (this.handovers.length > 0) return "/settings/handovers";
    if (this.mine > 0) return "/settings/approvals";
    return this.exchanges.length > 0 ? "/settings/my-shifts" : "/settings";
  }

  /** Whether an answer in this conversation waits, whoever may let it out. */
  isIn(personId: Id): boolean {
    return this.approvals.some((one) => one.conversation_id === personId);
  }

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      desk.listen((event) => ["approval.changed", "desk.changed", "handover.changed", "rota.changed"].includes(event.kind) && this.#soon.ask(), () => this.#soon.ask());
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const found = await take(api.GET("/api/v1/awaiting"));
    if (turn !== this.#turn) return;
    this.approvals = found.approvals;
    this.handovers = found.handovers;
    this.exchanges = found.exchanges ?? [];
    clearTimeout(this.#end);
    const ends = found.approvals.map((one) => Date.parse(one.expires_at));
    if (ends.length > 0) this.#end = setTimeout(() => this.#soon.ask(), Math.min(Math.max(Math.min(...ends) - Date.now(), SOONEST), LONGEST));
  }

  forget(): void {
    this.#soon.stop();
    clearTimeout(this.#end);
    this.#turn += 1;
    this.approvals = [];
    this.handovers = [];
    this.exchanges = [];
  }

  /** What could not be asked for is not what waits: it is asked for again. */
  #loadLater(): void {
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.#soon.ask(), SOONEST);
  }
}

export const awaiting = new Awaiting();
desk.whenEnded(() => awaiting.forget());
