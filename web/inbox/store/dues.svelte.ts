// What is due first in each conversation of the list: asked for once its rows are in sight, and again as deadlines change.
import { SvelteMap } from "svelte/reactivity";
import type { Id, NextDue } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { touchedBy } from "./regrouping";
import { whenSeen } from "./seen";

const MOST = 120;
/** Beyond so many, those of rows that nobody looks at go, the oldest first: a long list is scrolled through all day. */
const KEPT = 600;
/** After the last look at other rows; and between two times that all of them are asked for again. In milliseconds. */
const PAUSE = 250;
const REST = 2500;
/** Every page hears of the same change at once: they ask one after another. */
const APART = 1500;

class Dues {
  readonly known = new SvelteMap<Id, NextDue>();
  #sighted: readonly Id[] = [];
  /** With which question: only its answer says something. */
  #asked = new Map<Id, number>();
  #questions = 0;
  /** Of whom something changed; null: of anybody. */
  #stale: Set<Id> | null = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #isFollowed = false;
  /** Moves on with every renewal: what was asked for before it says nothing any more. */
  #turn = 0;

  /** Those in sight first; each may be named twice. */
  want(ids: readonly Id[]): void {
    if (!this.#isFollowed) {
      desk.listen((event) => this.#hear(event), () => this.#change(null, 0));
      this.#isFollowed = true;
    }
    this.#sighted = [...new Set(ids)];
    this.#drop();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), PAUSE);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#again = void clearTimeout(this.#again);
    this.#turn += 1;
    this.#stale = new Set();
    this.#asked.clear();
    this.#sighted = [];
    this.known.clear();
  }

  #drop(): void {
    const stay = new Set(this.#sighted);
    for (const kept of [this.known, this.#asked]) {
      if (kept.size <= KEPT) continue;
      const old = [...kept.keys()].filter((id) => !stay.has(id));
      for (const id of old.slice(0, kept.size - KEPT)) {
        this.known.delete(id);
        this.#asked.delete(id);
      }
    }
  }

  /** People who were merged or split have other cases, which owe what they did. */
  #hear(event: FeedEvent): void {
    const pause = REST + Math.random() * APART;
    if (event.kind === "deadlines.changed") this.#change(event.person_id ? [event.person_id] : null, pause);
    else if (event.kind === "person.merged" || event.kind === "person.split") this.#change(touchedBy(event), pause);
  }

  /** Only who was asked for has anything to be asked again. */
  #change(ids: readonly Id[] | null, pause: number): void {
    const known = ids?.filter((id) => this.#asked.has(id));
    if (known?.length === 0) return;
    if (known) for (const id of known) this.#stale?.add(id);
    else this.#stale = null;
    this.#again ??= setTimeout(() => whenSeen(() => this.#renew()), pause);
  }

  #renew(): void {
    this.#again = undefined;
    if (this.#stale) for (const id of this.#stale) this.#asked.delete(id);
    else {
      this.#turn += 1;
      this.#asked.clear();
    }
    this.#stale = new Set();
    void this.#fetch();
  }

  /** Until all have been asked for: no more at once than one question takes. */
  async #fetch(): Promise<void> {
    const turn = this.#turn;
    for (let ids = this.#next(); ids.length > 0 && turn === this.#turn; ids = this.#next()) {
      const question = (this.#questions += 1);
      for (const id of ids) this.#asked.set(id, question);
      try {
        const { dues } = await take(api.GET("/api/v1/deadlines/next", { params: { query: { ids } } }));
        if (turn !== this.#turn) return;
        const found = new Map(dues.map((one) => [one.conversation_id, one]));
        for (const id of ids) {
          if (this.#asked.get(id) !== question) continue;
          const one = found.get(id);
          if (one) this.known.set(id, one);
          else this.known.delete(id);
        }
      } catch {
        // Asked for again with the next look.
        for (const id of ids) if (this.#asked.get(id) === question) this.#asked.delete(id);
        return;
      }
    }
  }

  #next(): Id[] {
    return this.#sighted.filter((id) => !this.#asked.has(id)).slice(0, MOST);
  }
}

export const dues = new Dues();
desk.whenEnded(() => dues.forget());
