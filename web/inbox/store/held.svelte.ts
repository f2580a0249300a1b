// Deliveries that need a decision: pages of them, what is selected, and what was decided.
import type { Decided, HeldDecision, HeldDelivery, Id } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, take } from "./client";

export type Trouble = HeldDelivery["trouble"];

/** How long after the first of several new troubles the list is read again. */
const RENEW = 1000;

class Held {
  all: HeldDelivery[] = $state.raw([]);
  next: number | null = $state(null);
  selected: ReadonlySet<Id> = $state.raw(new Set());
  isLoaded = $state(false);
  #accountId: Id | null = null;
  #trouble: Trouble | "" = "";
  #loads = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  async load(accountId: Id | null, trouble: Trouble | ""): Promise<void> {
    this.#accountId = accountId;
    this.#trouble = trouble;
    this.#loads += 1;
    this.isLoaded = false;
    this.selected = new Set();
    await this.#page(null);
  }

  more(): Promise<void> {
    return this.#page(this.next);
  }

  toggle(id: Id, isOn: boolean): void {
    const kept = [...this.selected].filter((one) => one !== id);
    this.selected = new Set(isOn ? [...kept, id] : kept);
  }

  toggleAll(isOn: boolean): void {
    this.selected = new Set(isOn ? this.all.map((one) => one.id) : []);
  }

  async decide(decision: HeldDecision): Promise<Decided> {
    const ids = [...this.selected].slice(0, 200);
    const decided = await take(api.POST("/api/v1/deliveries/decisions", { body: { ids, decision } }));
    this.remove(decided.done);
    return decided;
  }

  remove(ids: readonly Id[]): void {
    const gone = new Set(ids);
    this.all = this.all.filter((one) => !gone.has(one.id));
    this.selected = new Set([...this.selected].filter((id) => !gone.has(id)));
  }

  /** One that is not in trouble any more leaves the list by itself; of a new one the server says whether it belongs here. */
  take(event: FeedEvent): void {
    if (event.kind !== "delivery.changed") return;
    const { id, state, account_id } = event.delivery;
    const isHere = this.all.some((one) => one.id === id);
    const isTrouble = state === "failed" || state === "unknown";
    if (isHere && !isTrouble) this.remove([id]);
    if (!isHere && isTrouble && (this.#accountId === null || account_id === this.#accountId)) this.renew();
  }

  /** The first page again, soon. What was selected or loaded below it stays. */
  renew(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#page(null).catch(() => undefined);
    }, RENEW);
  }

  async #page(before: number | null): Promise<void> {
    const load = this.#loads;
    const query = {
      ...(this.#accountId === null ? {} : { account_id: this.#accountId }),
      ...(this.#trouble === "" ? {} : { trouble: [this.#trouble] }),
      ...(before === null ? {} : { before }),
    };
    const page = await take(api.GET("/api/v1/deliveries", { params: { query } }));
    if (load !== this.#loads) return;
    const end = page.next;
    const above = before === null ? [] : this.all.filter((one) => one.id >= before);
    // Newest first: what is older than this page is of pages that were read before.
    const below = this.isLoaded && end !== null ? this.all.filter((one) => one.id < end) : [];
    this.all = [...above, ...page.deliveries, ...below];
    if (below.length === 0) this.next = end;
    this.isLoaded = true;
    const here = new Set(this.all.map((one) => one.id));
    this.selected = new Set([...this.selected].filter((id) => here.has(id)));
  }
}

export const held = new Held();
