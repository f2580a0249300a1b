// What agents chose for answers that they are writing: forgotten once they are sent.
import { SvelteMap } from "svelte/reactivity";
import type { Id } from "../../shared/api-types";
import { PLAIN, type Privacy } from "./public";

class Choices {
  #byPerson = new SvelteMap<Id, Privacy>();

  of(personId: Id): Privacy {
    return this.#byPerson.get(personId) ?? PLAIN;
  }

  choose(personId: Id, changes: Partial<Privacy>): void {
    this.#byPerson.set(personId, { ...this.of(personId), ...changes });
  }

  clear(personId: Id): void {
    this.#byPerson.delete(personId);
  }

  forget(): void {
    this.#byPerson.clear();
  }
}

export const privacy = new Choices();
