// Where agents have said "yes, there": for this tab only, so that a draft of yesterday asks again.
import { SvelteMap } from "svelte/reactivity";
import type { Id, Reach } from "../../shared/api-types";
import { isConfirmed, type Crossing } from "./target";

class Crossings {
  #byPerson = new SvelteMap<Id, Crossing>();

  knows(personId: Id, chosen: Reach, last: Reach): boolean {
    return isConfirmed(this.#byPerson.get(personId), chosen, last);
  }

  confirm(personId: Id, placeId: Id, last: Reach | null): void {
    if (last) this.#byPerson.set(personId, { placeId, lastId: last.place_id });
  }

  forget(): void {
    this.#byPerson.clear();
  }
}

export const crossings = new Crossings();
