// Deliveries that need a decision: pages of them, what is selected, and what was decided.
import type { Decided, HeldDecision, HeldDelivery, Id } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, take } from "./client";

export type Trouble = HeldDelivery["trouble"];

class Held {
  all: HeldDelivery[] = $state.raw([]);
  next: number | null = $state(null);
  selected: ReadonlySet<Id> = $state.raw(new Set());
  isLoaded = $state(false);
  #accountId: Id | null = null;
  #trouble: Trouble | "" = "";

  async load(accountId: Id | null, trouble: Trouble | ""): Promise<void> {
    this.#accountId = accountId;
    this.#trouble = trouble;
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

  /** One that is not in trouble any more leaves the list by itself. */
  take(event: FeedEvent): void {
    if (event.kind === "delivery.changed" && event.delivery.state !== "failed" && event.delivery.state !== "unknown") {
      if (this.all.some((one) => one.id === event.delivery.id)) this.remove([event.delivery.id]);
    }
  }

  async #page(before: number | null): Promise<void> {
    const accountId = this.#accountId;
    const query = {
      ...(accountId === null ? {} : { account_id: accountId }),
      ...(this.#trouble === "" ? {} : { trouble: [this.#trouble] }),
      ...(before === null ? {} : { before }),
    };
    const page = await take(api.GET("/api/v1/deliveries", { params: { query } }));
    if (accountId !== this.#accountId) return;
    this.all = before === null ? [...page.deliveries] : [...this.all, ...page.deliveries];
    this.next = page.next;
    this.isLoaded = true;
  }
}

export const held = new Held();
