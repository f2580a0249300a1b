// Where agents have said "yes, there", or "there from now on": for this tab only, so that a draft of yesterday asks again.
import { SvelteMap } from "svelte/reactivity";
import type { Id, Reach } from "../../shared/api-types";
import { isConfirmed, type Crossing } from "./target";

class Crossings {
  #byPerson = new SvelteMap<Id, Crossing>();
  #kept = new SvelteMap<Id, Id>();

  /** The place of all answers to the person for which none is chosen; null: where they wrote last. */
  kept(personId: Id): Id | null {
    return this.#kept.get(personId) ?? null;
  }

  keep(personId: Id, placeId: Id | null): void {
    if (placeId === null) this.#kept.delete(personId);
    else this.#kept.set(personId, placeId);
  }

  knows(personId: Id, chosen: Reach, last: Reach): boolean {
    return isConfirmed(this.#byPerson.get(personId), chosen, last);
  }

  confirm(personId: Id, placeId: Id, last: Reach | null): void {
    if (last) this.#byPerson.set(personId, { placeId, lastId: last.place_id });
  }

  forget(): void {
    this.#byPerson.clear();
    this.#kept.clear();
  }
}

export const crossings = new Crossings();
