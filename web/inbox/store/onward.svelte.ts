// Where an answer would go on if it did not arrive: asked for when the agent looks at the places.
import type { Id, NextWay } from "../../shared/api-types";
import { api, take } from "./client";

class Onward {
  #personId: Id | null = $state(null);
  #ways: NextWay[] = $state.raw([]);

  async load(personId: Id): Promise<void> {
    const params = { path: { person_id: personId } };
    const found = await take(api.GET("/api/v1/conversations/{person_id}/ladder", { params })).catch(() => null);
    this.#personId = personId;
    this.#ways = found?.ways ?? [];
  }

  find(personId: Id, placeId: Id): NextWay | undefined {
    return this.#personId === personId ? this.#ways.find((one) => one.place_id === placeId) : undefined;
  }
}

export const onward = new Onward();
