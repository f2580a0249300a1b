// The rows of the list, by person. Fetched when they come into sight, kept fresh by the feed; of those that nobody looks at, some.
import { SvelteMap } from "svelte/reactivity";
import type { ConversationRow, Id } from "../../shared/api-types";
import { api, take } from "./client";

const BATCH = 120;
/** The first that are asked for are those in sight, and the page waits for them. */
const FIRST_BATCH = 24;
const WAIT = 16;
/** The feed brings the row of every conversation in which something happens: beyond so many, those that came first go. */
export const MOST = 3000;
const LEFT = 2500;

class Rows {
  readonly known = new SvelteMap<Id, ConversationRow>();
  #wanted = new Set<Id>();
  #underWay = new Set<Id>();
  /** Rows that the feed brought while a batch was on its way: the batch is older than they are. */
  #fresh: Set<Id> | null = null;
  #sighted: readonly Id[] = [];
  #held = new Set<() => readonly Id[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  find(id: Id): ConversationRow | undefined {
    return this.known.get(id);
  }

  /** Ask for rows that are in sight. Those that are here cost nothing. */
  want(ids: readonly Id[]): void {
    this.#sighted = ids;
    for (const id of ids) if (!this.known.has(id) && !this.#underWay.has(id)) this.#wanted.add(id);
    if (this.#wanted.size > 0 && this.#timer === undefined) this.#timer = setTimeout(() => this.#fetch(), WAIT);
  }

  /** What stands on a page beside the list stays here. Returns what ends it. */
  hold(standing: () => readonly Id[]): () => void {
    this.#held.add(standing);
    return () => void this.#held.delete(standing);
  }

  put(row: ConversationRow): void {
    this.#fresh?.add(row.person_id);
    this.#set(row);
  }

  #set(row: ConversationRow): void {
    this.known.set(row.person_id, row);
    if (this.known.size <= MOST) return;
    const stay = new Set([row.person_id, ...this.#sighted, ...[...this.#held].flatMap((standing) => standing())]);
    const old = [...this.known.keys()].filter((id) => !stay.has(id));
    for (const id of old.slice(0, this.known.size - LEFT)) this.known.delete(id);
  }

  change(id: Id, changes: Partial<ConversationRow>): void {
    const row = this.known.get(id);
    if (row) this.put({ ...row, ...changes });
  }

  remove(ids: readonly Id[]): void {
    for (const id of ids) this.known.delete(id);
  }

  /** Nothing that is here can be trusted: what is in sight is fetched again, the rest forgotten. */
  renew(): void {
    for (const id of [...this.known.keys()]) if (!this.#sighted.includes(id)) this.known.delete(id);
    for (const id of this.#sighted) this.#wanted.add(id);
    this.want(this.#sighted);
  }

  clear(): void {
    this.known.clear();
    this.#wanted.clear();
  }

  async #fetch(): Promise<void> {
    // The newest wishes first: what was scrolled past can wait.
    const wanted = [...this.#wanted];
    const ids = this.known.size === 0 ? wanted.slice(0, FIRST_BATCH) : wanted.slice(-BATCH);
    this.#timer = undefined;
    if (ids.length === 0 || this.#underWay.size > 0) return;
    for (const id of ids) {
      this.#wanted.delete(id);
      this.#underWay.add(id);
    }
    const fresh = (this.#fresh = new Set());
    try {
      const { rows } = await take(api.GET("/api/v1/conversations", { params: { query: { ids } } }));
      for (const row of rows) if (!fresh.has(row.person_id)) this.#set(row);
      // What nothing is told of may be seen no more.
      for (const id of ids) if (!fresh.has(id) && !rows.some((row) => row.person_id === id)) this.known.delete(id);
    } catch {
      // The list asks again when it is next drawn; the feed's banner tells that the desk is unreachable.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      for (const id of ids) if (!this.known.has(id)) this.#wanted.add(id);
    }
    this.#fresh = null;
    this.#underWay.clear();
    this.#timer = this.#wanted.size > 0 ? setTimeout(() => this.#fetch(), WAIT) : undefined;
  }
}

export const rows = new Rows();
