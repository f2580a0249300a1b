// What is due first in each conversation of the list: asked for once its rows are in sight, and again as deadlines change.
import { SvelteMap } from "svelte/reactivity";
import type { Id, NextDue } from "../../shared/api-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
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
  #asked = new Set<Id>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #isFollowed = false;
  /** Moves on with every renewal: what was asked for before it says nothing any more. */
  #turn = 0;

  /** Those in sight first; each may be named twice. */
  want(ids: readonly Id[]): void {
    if (!this.#isFollowed) {
      desk.listen((event) => event.kind === "deadlines.changed" && this.#renew(REST + Math.random() * APART), () => this.#renew(0));
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

  #renew(pause: number): void {
    this.#again ??= setTimeout(() => whenSeen(() => {
      this.#again = undefined;
      this.#turn += 1;
      this.#asked.clear();
      void this.#fetch();
    }), pause);
  }

  /** Until all have been asked for: no more at once than one question takes. */
  async #fetch(): Promise<void> {
    const turn = this.#turn;
    for (let ids = this.#next(); ids.length > 0 && turn === this.#turn; ids = this.#next()) {
      for (const id of ids) this.#asked.add(id);
      try {
        const { dues } = await take(api.GET("/api/v1/deadlines/next", { params: { query: { ids } } }));
        if (turn !== this.#turn) return;
        const found = new Map(dues.map((one) => [one.conversation_id, one]));
        for (const id of ids) {
          const one = found.get(id);
          if (one) this.known.set(id, one);
          else this.known.delete(id);
        }
      } catch {
        // Asked for again with the next look.
        if (turn === this.#turn) for (const id of ids) this.#asked.delete(id);
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
