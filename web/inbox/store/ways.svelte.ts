// All the ways to a person, with what stands in each, and what the unsent reply would become there: asked for when looked at.
import type { Elsewhere, Id, Preview, Reach } from "../../shared/api-types";
import type { Span } from "../../shared/rich";
import { api, take } from "./client";
import { threads } from "./threads.svelte";

type Unsent = { text: string; spans: readonly Span[]; files: readonly { id: Id }[] };

class Ways {
  #personId: Id | null = $state(null);
  #places: readonly Reach[] = $state.raw([]);
  #elsewhere: readonly Elsewhere[] = $state.raw([]);
  #previews: readonly Preview[] = $state.raw([]);

  async load(personId: Id, unsent: Unsent): Promise<void> {
    const params = { path: { person_id: personId } };
    const { text, spans, files } = unsent;
    const isWritten = text.trim() !== "" || files.length > 0;
    const body = { text, spans: [...spans], attachment_ids: files.map((one) => one.id) };
    const [found, previewed] = await Promise.all([
      take(api.GET("/api/v1/conversations/{person_id}/reach", { params })).catch(() => null),
      isWritten ? take(api.POST("/api/v1/conversations/{person_id}/preview", { params, body })).catch(() => null) : null,
    ]);
    this.#personId = personId;
    this.#places = found?.places ?? [];
    this.#elsewhere = found?.elsewhere ?? [];
    this.#previews = previewed?.previews ?? [];
  }

  isKnown(personId: Id): boolean {
    return this.#personId === personId;
  }

  /** The place with what took a look at queues; as it was, until that is known. */
  place(personId: Id, known: Reach): Reach {
    return (this.#personId === personId && this.#places.find((one) => one.place_id === known.place_id)) || known;
  }

  elsewhere(personId: Id): readonly Elsewhere[] {
    return this.#personId === personId ? this.#elsewhere : [];
  }

  preview(personId: Id, placeId: Id): Preview | undefined {
    return this.#personId === personId ? this.#previews.find((one) => one.place_id === placeId) : undefined;
  }

  /** The place in which an agent may now write first. Raises ApiError. */
  async open(personId: Id, one: Elsewhere): Promise<Id> {
    const params = { path: { person_id: personId } };
    const body = { identity_id: one.identity_id, account_id: one.account_id };
    const { place_id } = await take(api.POST("/api/v1/conversations/{person_id}/places", { params, body }));
    await threads.refreshReach(personId);
    return place_id;
  }
}

export const ways = new Ways();
