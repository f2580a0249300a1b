// The first message of accounts that somebody waits for: what the wizard shows as it comes.
import type { Id, Message } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { desk } from "./desk.svelte";

export type Arrival = { personId: Id; text: string; author: Message["author"]; at: string };

class Arrivals {
  first: ReadonlyMap<Id, Arrival> = $state.raw(new Map());
  #watched = new Set<Id>();

  /** From now on; returns what ends it. */
  watch(accountId: Id): () => void {
    this.#watched.add(accountId);
    const deaf = desk.listen((event) => this.take(event));
    return () => {
      this.#watched.delete(accountId);
      deaf();
    };
  }

  take(event: FeedEvent): void {
    if (event.kind !== "message.created" || event.message.direction !== "in") return;
    const id = event.message.account_id;
    if (id === null || !this.#watched.has(id) || this.first.has(id) || event.person_id === null) return;
    const { text, author, received_at } = event.message;
    this.first = new Map([...this.first, [id, { personId: event.person_id, text, author, at: received_at }]]);
  }
}

export const arrivals = new Arrivals();
