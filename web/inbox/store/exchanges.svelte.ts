// One's own coming shifts, and what agents give away and swap of theirs; followed as the rota changes.
import type { Absence, ExchangeDecision, Exchanges, Id, NewExchange, ShownDuty, ShownExchange } from "../../shared/api-types";
import { awaiting } from "./awaiting.svelte";
import { api, done, take } from "./client";
import { desk } from "./desk.svelte";
import { session } from "./session.svelte";
import { together, type WholeShift } from "./shift-week";
import { Soon } from "./soon";

/** How far ahead one's own shifts, and those that one may want in their place, are listed. */
const AHEAD = 42;
const DAY = 86_400_000;
const path = (exchange_id: Id): { path: { exchange_id: Id } } => ({ path: { exchange_id } });

class ExchangesStore {
  all: ShownExchange[] = $state.raw([]);
  policy: Exchanges["policy"] = $state("approved");
  /** Of everybody, in order of time: from now on, and all of those that go on now. */
  coming: ShownDuty[] = $state.raw([]);
  isLoaded = $state(false);
  #isFollowed = false;
  #turn = 0;
  readonly #soon = new Soon(() => void this.load().catch(() => undefined));

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      const again = (): void => void (this.isLoaded && this.#soon.ask());
      desk.listen((event) => event.kind === "rota.changed" && again(), again);
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const now = Math.floor(Date.now() / 60_000) * 60_000;
    // A shift is up to a day long: what is over of one that goes on tells that it has begun.
    const query = { since: new Date(now - DAY).toISOString(), until: new Date(now + AHEAD * DAY).toISOString() };
    const [found, week] = await Promise.all([take(api.GET("/api/v1/rota/exchanges")), take(api.GET("/api/v1/rota/duties", { params: { query } }))]);
    if (turn !== this.#turn) return;
    this.#put(found);
    this.coming = week.duties;
    this.isLoaded = true;
  }

  /** Of one agent, those of which something has not begun, with what is to come of them. */
  of(agentId: Id): WholeShift[] {
    const isToCome = (one: ShownDuty): boolean => Date.parse(one.starts) > Date.now();
    return together(this.coming.filter((one) => one.agent_ids.includes(agentId)))
      .map((one) => ({ ...one, parts: one.parts.filter(isToCome) }))
      .filter((one) => one.parts.length > 0);
  }

  /** Whole ones that have not begun. */
  get free(): WholeShift[] {
    return together(this.coming).filter((one) => Date.parse(one.starts) > Date.now());
  }

  /** What goes on about this duty of this agent. */
  about(duty: ShownDuty, agentId: Id): ShownExchange | undefined {
    return this.all.find((one) => one.agent_id === agentId && one.duty?.shift === duty.shift && one.duty.day === duty.day && (one.state === "open" || one.state === "accepted"));
  }

  async propose(body: NewExchange): Promise<void> {
    this.#put(await take(api.POST("/api/v1/rota/exchanges", { body })));
  }

  async answer(id: Id, answer: "accept" | "decline" | "withdraw"): Promise<void> {
    this.#put(await take(api.POST("/api/v1/rota/exchanges/{exchange_id}/answer", { params: path(id), body: { answer } })));
    await this.load();
  }

  async decide(id: Id, body: ExchangeDecision): Promise<void> {
    this.#put(await take(api.POST("/api/v1/rota/exchanges/{exchange_id}/decision", { params: path(id), body })));
    await this.load();
  }

  async absent(body: Absence): Promise<void> {
    await done(api.POST("/api/v1/rota/absences", { body }));
  }

  /** Nothing of it is news any more, nor what is listed no longer. */
  async see(): Promise<void> {
    const isNews = awaiting.exchanges.length > 0 || this.all.some((one) => one.is_new);
    if (session.can("cases.change") && isNews) await done(api.POST("/api/v1/rota/exchanges/seen"));
  }

  /** Nobody looks at it any more, and it is followed no longer. */
  forget(): void {
    this.#soon.stop();
    this.#turn += 1;
    this.all = [];
    this.coming = [];
    this.isLoaded = false;
  }

  #put(found: Exchanges): void {
    this.#turn += 1;
    this.all = found.exchanges;
    this.policy = found.policy;
  }
}

export const exchanges = new ExchangesStore();
desk.whenEnded(() => exchanges.forget());
