// A message of accounts that somebody waits for: what the wizard shows as it comes, or has come before.
import type { Id, Message } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";

export type Arrival = { personId: Id; text: string; author: Message["author"]; at: string };

class Arrivals {
  first: ReadonlyMap<Id, Arrival> = $state.raw(new Map());
  #watched = new Set<Id>();

  /** What came last, and what comes from now on; returns what ends it. */
  watch(accountId: Id): () => void {
    this.#watched.add(accountId);
    const look = (): void => void this.#look(accountId).catch(() => undefined);
    const deaf = desk.listen((event) => this.take(event), look);
    look();
    return () => {
      this.#watched.delete(accountId);
      deaf();
    };
  }

  take(event: FeedEvent): void {
    if (event.kind === "message.created" && event.person_id !== null) this.#put(event.person_id, event.message);
  }

  #put(personId: Id, message: Message): void {
    const { account_id: id, direction, text, author, received_at } = message;
    if (direction !== "in" || id === null || !this.#watched.has(id) || this.first.has(id)) return;
    this.first = new Map([...this.first, [id, { personId, text, author, at: received_at }]]);
  }

  async #look(accountId: Id): Promise<void> {
    const query = { view: "all", q: `account:#${accountId}`, limit: 1 } as const;
    const [personId] = (await take(api.GET("/api/v1/conversations/index", { params: { query } }))).ids;
    if (personId === undefined) return;
    const { messages } = await take(api.GET("/api/v1/conversations/{person_id}/messages", { params: { path: { person_id: personId } } }));
    const newest = messages.findLast((one) => one.account_id === accountId && one.direction === "in");
    if (newest) this.#put(personId, newest);
  }
}

export const arrivals = new Arrivals();
