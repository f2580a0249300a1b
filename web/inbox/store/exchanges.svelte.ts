// One's own coming shifts, and what agents give away and swap of theirs; followed as the rota changes.
import type { Absence, ExchangeDecision, Exchanges, Id, NewExchange, ShownDuty, ShownExchange } from "../../shared/api-types";
import { awaiting } from "./awaiting.svelte";
import { api, done, take } from "./client";
import { desk } from "./desk.svelte";
import { session } from "./session.svelte";

/** How far ahead one's own shifts, and those that one may want in their place, are listed. */
const AHEAD = 42;
const DAY = 86_400_000;
/** Every page hears of the same change at once: what happens together is asked for once, by one page after another. */
const TOGETHER = 300;
const APART = 1200;
const path = (exchange_id: Id): { path: { exchange_id: Id } } => ({ path: { exchange_id } });

class ExchangesStore {
  all: ShownExchange[] = $state.raw([]);
  policy: Exchanges["policy"] = $state("approved");
  /** Of everybody, from now on, in order of time. */
  coming: ShownDuty[] = $state.raw([]);
  isLoaded = $state(false);
  #isFollowed = false;
  #turn = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      desk.listen((event) => event.kind === "rota.changed" && this.#loadSoon(), () => this.#loadSoon());
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const now = Math.floor(Date.now() / 60_000) * 60_000;
    const query = { since: new Date(now).toISOString(), until: new Date(now + AHEAD * DAY).toISOString() };
    const [found, week] = await Promise.all([take(api.GET("/api/v1/rota/exchanges")), take(api.GET("/api/v1/rota/duties", { params: { query } }))]);
    if (turn !== this.#turn) return;
    this.#put(found);
    this.coming = week.duties;
    this.isLoaded = true;
  }

  /** Of one agent, those that have not begun. */
  of(agentId: Id): ShownDuty[] {
    return this.coming.filter((one) => one.agent_ids.includes(agentId) && Date.parse(one.starts) > Date.now());
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
    this.#soon = void clearTimeout(this.#soon);
    this.#turn += 1;
    this.all = [];
    this.coming = [];
    this.isLoaded = false;
  }

  #loadSoon(): void {
    if (!this.isLoaded) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.load().catch(() => undefined);
    }, TOGETHER + Math.random() * APART);
  }

  #put(found: Exchanges): void {
    this.#turn += 1;
    this.all = found.exchanges;
    this.policy = found.policy;
  }
}

export const exchanges = new ExchangesStore();
desk.whenEnded(() => exchanges.forget());
