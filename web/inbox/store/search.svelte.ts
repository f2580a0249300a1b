// What was searched for, and what was found: kept while the reader looks at a hit and comes back.
import type { FoundConversation, PersonHit } from "../../shared/api-types";
import { api, ApiError, take } from "./client";
import { unitsOf } from "./complete";
import { desk } from "./desk.svelte";

/** `code` is the server's, without its `query_`; the sentence is the server's own, in English. */
export type Fault = { code: string; sentence: string; at: number; end: number };

class Search {
  query = $state("");
  found: FoundConversation[] = $state.raw([]);
  persons: PersonHit[] = $state.raw([]);
  next: number | null = $state(null);
  isLoading = $state(false);
  fault: Fault | null = $state.raw(null);
  failure: unknown = $state.raw(null);
  /** Where the list of hits was left. */
  scrolled = 0;
  #asked = 0;

  async run(query: string): Promise<void> {
    const wanted = query.trim();
    if (wanted === this.query && (this.found.length > 0 || this.isLoading)) return;
    if (wanted === "") return this.forget();
    this.query = wanted;
    this.scrolled = 0;
    this.fault = this.failure = null;
    await this.#load(undefined);
  }

  forget(): void {
    this.#asked += 1;
    this.query = "";
    this.scrolled = 0;
    this.fault = this.failure = this.next = null;
    this.found = this.persons = [];
    this.isLoading = false;
  }

  async more(): Promise<void> {
    if (this.next !== null && !this.isLoading) await this.#load(this.next);
  }

  async again(): Promise<void> {
    this.failure = null;
    await this.#load(undefined);
  }

  async #load(before: number | undefined): Promise<void> {
    const asked = (this.#asked += 1);
    this.isLoading = true;
    try {
      const page = await take(api.GET("/api/v1/search", { params: { query: { q: this.query, before } } }));
      if (asked !== this.#asked) return;
      const more = page.conversations as FoundConversation[];
      this.found = before === undefined ? more : joined(this.found, more);
      if (before === undefined) this.persons = [...page.persons];
      this.next = page.next ?? null;
    } catch (error) {
      if (asked !== this.#asked) return;
      if (error instanceof ApiError && error.code.startsWith("query_")) this.fault = this.#fault(error);
      else this.failure = error;
      if (before === undefined) this.found = this.persons = [];
    } finally {
      if (asked === this.#asked) this.isLoading = false;
    }
  }

  #fault(error: ApiError): Fault {
    const { at, end } = unitsOf(this.query, Number(error.more.at ?? 0), Number(error.more.length ?? 0));
    return { code: error.code.slice("query_".length), sentence: error.detail, at, end };
  }
}

/** One of a former page comes again with older messages: they go to those that are there. */
export function joined(old: readonly FoundConversation[], more: readonly FoundConversation[]): FoundConversation[] {
  const known = new Map(old.map((one) => [one.person_id, one]));
  for (const one of more) {
    const before = known.get(one.person_id);
    known.set(one.person_id, before ? { ...before, more: before.more + one.messages.length + one.more } : one);
  }
  return [...known.values()];
}

export const search = new Search();
desk.whenEnded(() => search.forget());
