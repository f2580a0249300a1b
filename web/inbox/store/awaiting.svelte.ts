// What waits for this agent: answers for a second one to let out, what a shift handed over, and dangers to which nobody has come.
import type { Id, WaitingApproval, WaitingDanger } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { tellsOfDanger } from "./alerts";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { isRegrouping } from "./regrouping";
import { session } from "./session.svelte";
import { Soon } from "./soon";

/** How soon it is asked again what ended by itself, if the server's clock is behind; and the longest that a timer takes. */
const SOONEST = 5_000;
const LONGEST = 2 ** 31 - 1;
/** Nobody tells that one sees a case no more, nor that a danger is old. */
const SURELY = 60_000;
const TOLD: readonly string[] = ["approval.changed", "desk.changed", "handover.changed", "rota.changed"];

class Awaiting {
  approvals: WaitingApproval[] = $state.raw([]);
  handovers: Id[] = $state.raw([]);
  /** Shifts that are offered, or became others'. */
  exchanges: Id[] = $state.raw([]);
  dangers: WaitingDanger[] = $state.raw([]);
  #turn = 0;
  #isFollowed = false;
  readonly #soon = new Soon(() => this.#again());
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
      desk.listen((event) => this.#hear(event), () => this.#soon.ask());
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const found = await take(api.GET("/api/v1/awaiting"));
    if (turn !== this.#turn) return;
    this.approvals = found.approvals;
    this.handovers = found.handovers;
    this.exchanges = found.exchanges ?? [];
    this.dangers = found.dangers ?? [];
    clearTimeout(this.#end);
    const ends = found.approvals.map((one) => Date.parse(one.expires_at));
    if (this.dangers.length > 0) ends.push(Date.now() + SURELY);
    if (ends.length > 0) this.#end = setTimeout(() => this.#soon.ask(), Math.min(Math.max(Math.min(...ends) - Date.now(), SOONEST), LONGEST));
  }

  forget(): void {
    this.#soon.stop();
    clearTimeout(this.#end);
    this.#turn += 1;
    this.approvals = [];
    this.handovers = [];
    this.exchanges = [];
    this.dangers = [];
  }

  #hear(event: FeedEvent): void {
    // Few are told of one, and it is of minutes: at once.
    if (event.kind === "message.created" && tellsOfDanger(event.message, session.agentId)) this.#again();
    else if (TOLD.includes(event.kind) || this.#isOfDanger(event)) this.#soon.ask();
  }

  /** Something happens where somebody is in danger: a colleague may have come. */
  #isOfDanger(event: FeedEvent): boolean {
    return this.dangers.some((one) => isRegrouping(event) || one.conversation_id === event.person_id);
  }

  #again(): void {
    const turn = this.#turn + 1;
    void this.load().catch(() => turn === this.#turn && this.#loadLater());
  }

  /** What could not be asked for is not what waits: it is asked for again. */
  #loadLater(): void {
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.#soon.ask(), SOONEST);
  }
}

export const awaiting = new Awaiting();
desk.whenEnded(() => awaiting.forget());
