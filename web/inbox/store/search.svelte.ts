// What was searched for, and what was found: kept while the reader looks at a hit and comes back.
import type { FoundConversation, PersonHit } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, ApiError, take } from "./client";
import { unitsOf } from "./complete";
import { desk } from "./desk.svelte";

/** `code` is the server's, without its `query_`; the sentence is the server's own, in English. */
/** Words are found about a second after they were said. */
const LATER_MS = 1_200;
/** So often a query that finds nothing is asked again by itself; one that finds something, never: of a busy desk
 * something is always behind, and a broad search is dear. */
const MOST_AGAIN = 3;

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
  #again = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  async run(query: string): Promise<void> {
    const wanted = query.trim();
    if (wanted === this.query && (this.found.length > 0 || this.isLoading)) return;
    if (wanted === "") return this.forget();
    this.query = wanted;
    this.scrolled = 0;
    this.fault = this.failure = null;
    this.#again = 0;
    await this.#load(undefined);
  }

  /** The feed tells: where nothing is found, it may be what is looked for. */
  take(event: FeedEvent): void {
    if (event.kind === "message.created" && this.query !== "" && !this.fault && this.found.length === 0) this.#askLater();
  }

  /** Events were missed, or this agent may see other things now: hits that are shown stay until there is an answer. */
  renew(): void {
    if (this.query !== "" && !this.fault && !this.failure) void this.#load(undefined, !this.isLoading);
  }

  forget(): void {
    this.#asked += 1;
    this.#stop();
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
    this.#again = 0;
    await this.#load(undefined);
  }

  /** While nothing is shown. */
  #askLater(): void {
    if (this.#timer !== undefined || this.found.length > 0 || this.#again >= MOST_AGAIN) return;
    this.#timer = setTimeout(() => {
      this.#stop();
      if (this.isLoading) return;
      this.#again += 1;
      void this.#load(undefined, true);
    }, LATER_MS);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Quietly: nothing moves until there is an answer, and none is no news. */
  async #load(before: number | undefined, isQuiet = false): Promise<void> {
    const asked = (this.#asked += 1);
    this.#stop();
    this.isLoading = !isQuiet;
    try {
      const page = await take(api.GET("/api/v1/search", { params: { query: { q: this.query, before } } }));
      if (asked !== this.#asked) return;
      const more = page.conversations as FoundConversation[];
      this.found = before === undefined ? more : joined(this.found, more);
      if (before === undefined) this.persons = [...page.persons];
      this.next = page.next ?? null;
      if (page.is_behind) this.#askLater();
    } catch (error) {
      if (asked !== this.#asked || isQuiet) return;
      this.fault = faultOf(error, this.query);
      if (!this.fault) this.failure = error;
      if (before === undefined) this.found = this.persons = [];
    } finally {
      if (asked === this.#asked) this.isLoading = false;
    }
  }

}

/** What is wrong with the query itself, if that is why it was refused. `start`: the character, where the server read more. */
export function faultOf(error: unknown, query: string, start?: number): Fault | null {
  if (!(error instanceof ApiError) || !error.code.startsWith("query_")) return null;
  const { at, end } = unitsOf(query, start ?? Number(error.more.at ?? 0), Number(error.more.length ?? 0));
  return { code: error.code.slice("query_".length), sentence: error.detail, at, end };
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
desk.listen((event) => search.take(event), () => search.renew());
desk.whenEnded(() => search.forget());
