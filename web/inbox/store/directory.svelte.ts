// Everybody who wrote, page by page. Rows are the list's own, which the feed keeps fresh.
import { SvelteMap } from "svelte/reactivity";
import type { ConversationRow, DirectoryPage, Id, Identity } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { besideName } from "./names";
import { rows } from "./rows.svelte";

type Listed = { row: ConversationRow; identities: readonly Pick<Identity, "handle" | "handle_shown" | "shown_as">[] };

class Directory {
  query = $state("");
  ids: readonly Id[] = $state.raw([]);
  /** By what each is known beside their name. */
  readonly addresses = new SvelteMap<Id, readonly string[]>();
  isLoaded = $state(false);
  isLoading = $state(false);
  /** More begin so than the desk looks at. */
  isCut = $state(false);
  failure: unknown = $state.raw(null);
  /** What to ask for next; null: that is all. */
  before: string | null = $state(null);
  /** Who had news since the list was read and does not stand in it: it does not move under anybody's hands. */
  #news: ReadonlySet<Id> = $state.raw(new Set());
  #asked = 0;
  /** For each answer that is on its way, who had news meanwhile: it is older than they are. */
  readonly #underWay = new Set<Set<Id>>();

  get news(): number {
    return this.#news.size;
  }

  /** The first page. A later wish overtakes an earlier one. */
  async load(query: string): Promise<void> {
    const asked = ++this.#asked;
    this.query = query;
    this.isLoading = true;
    try {
      const { page, fresh } = await this.#read({ q: query });
      if (asked !== this.#asked) return;
      this.ids = this.#keep(page.people, fresh);
      this.before = page.before;
      this.isCut = page.is_cut;
      this.isLoaded = true;
      this.failure = null;
      this.#news = new Set();
    } catch (error) {
      if (asked === this.#asked) this.failure = error;
    } finally {
      if (asked === this.#asked) this.isLoading = false;
    }
  }

  async more(): Promise<void> {
    const { before, query } = this;
    const asked = this.#asked;
    if (before === null) return;
    const { page, fresh } = await this.#read({ q: query, before });
    if (asked !== this.#asked) return;
    this.ids = [...new Set([...this.ids, ...this.#keep(page.people, fresh)])];
    this.before = page.before;
  }

  /** From now on until the function that this returns is called. */
  follow(): () => void {
    const letGo = rows.hold(() => this.ids);
    const deaf = desk.listen(
      (event) => this.take(event),
      () => void this.load(this.query),
    );
    return () => (letGo(), deaf());
  }

  take(event: FeedEvent): void {
    const told = "rows" in event ? event.rows : "row" in event && event.row ? [event.row] : [];
    for (const fresh of this.#underWay) for (const row of told) fresh.add(row.person_id);
    if (event.kind === "person.changed") this.addresses.set(event.row.person_id, addressesOf(event.row, event.person.identities));
    if (event.kind === "person.merged" || event.kind === "person.split") {
      this.ids = this.ids.filter((id) => !event.gone.includes(id));
      // Whoever stands for them now has other addresses than before, or is new here.
      if (event.rows.some((row) => this.ids.includes(row.person_id)) || event.kind === "person.split") void this.load(this.query);
    } else if (event.kind === "message.created" && this.isLoaded && !this.ids.includes(event.row.person_id)) {
      this.#news = new Set([...this.#news, event.row.person_id]);
    }
  }

  async #read(query: { q: string; before?: string }): Promise<{ page: DirectoryPage; fresh: ReadonlySet<Id> }> {
    const fresh = new Set<Id>();
    this.#underWay.add(fresh);
    try {
      return { page: await take(api.GET("/api/v1/people", { params: { query } })), fresh };
    } finally {
      this.#underWay.delete(fresh);
    }
  }

  #keep(people: readonly Listed[], fresh: ReadonlySet<Id>): Id[] {
    for (const { row, identities } of people) {
      const isOld = fresh.has(row.person_id);
      if (!isOld) rows.put(row);
      if (!isOld || !this.addresses.has(row.person_id)) this.addresses.set(row.person_id, addressesOf(row, identities));
    }
    return people.map(({ row }) => row.person_id);
  }
}

function addressesOf(row: ConversationRow, identities: Listed["identities"]): string[] {
  return [...new Set(identities.map((one) => besideName(one, row.display_name)).filter(Boolean))];
}

export const directory = new Directory();
desk.whenEnded(() => {
  directory.ids = [];
  directory.addresses.clear();
  directory.isLoaded = false;
  directory.before = null;
});
