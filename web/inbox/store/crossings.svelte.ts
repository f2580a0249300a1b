// Where agents have said "yes, there", or "there from now on": for this tab only, so that a draft of yesterday asks again.
import { SvelteMap } from "svelte/reactivity";
import type { Id, Reach } from "../../shared/api-types";
import { isConfirmed, type Crossing } from "./target";
import { counts, type Written } from "./written";

class Crossings {
  #byPerson = new SvelteMap<Id, Crossing>();
  #kept = new SvelteMap<Id, Id>();
  /** What answers hold because they were begun there, and not because somebody chose it. */
  #begun = new Map<Id, Id>();

  /** The place of all answers to the person for which none is chosen; null: where they wrote last. */
  kept(personId: Id): Id | null {
    return this.#kept.get(personId) ?? null;
  }

  keep(personId: Id, placeId: Id | null): void {
    if (placeId === null) this.#kept.delete(personId);
    else this.#kept.set(personId, placeId);
  }

  /** The place of an answer: from its first letter on the one that stands there, wherever the person writes meanwhile. */
  held(personId: Id, written: Written, place: Reach | null): Id | null {
    if (!counts(written)) return written.placeId === this.#begun.get(personId) ? null : written.placeId;
    if (written.placeId !== null || !place) return written.placeId;
    this.#begun.set(personId, place.place_id);
    return place.place_id;
  }

  knows(personId: Id, chosen: Reach, last: Reach): boolean {
    return isConfirmed(this.#byPerson.get(personId), chosen, last);
  }

  /** An agent chose it. `last`: where the person last wrote, if an answer there would surprise them. */
  confirm(personId: Id, placeId: Id, last: Reach | null): void {
    this.#begun.delete(personId);
    if (last) this.#byPerson.set(personId, { placeId, lastId: last.place_id });
  }

  forget(): void {
    this.#byPerson.clear();
    this.#kept.clear();
    this.#begun.clear();
  }
}

export const crossings = new Crossings();
