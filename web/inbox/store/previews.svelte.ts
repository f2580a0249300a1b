// What the server says a reply would become, asked for when the agent pauses.
import type { Id, Preview } from "../../shared/api-types";
import type { Span } from "../../shared/rich";
import { api, take } from "./client";

export type Unsent = { personId: Id; placeId: Id; text: string; spans: readonly Span[]; files: readonly Id[] };
const PAUSE = 400;

class Previews {
  /** Of what was last asked for; null until the server has said so, and when it can't. */
  shown: Preview | null = $state.raw(null);
  #asked: Unsent | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  ask(unsent: Unsent | null): void {
    this.#asked = unsent;
    clearTimeout(this.#timer);
    if (unsent?.text.trim() || unsent?.files.length) this.#timer = setTimeout(() => void this.#fetch(unsent), PAUSE);
    else this.shown = null;
  }

  async #fetch(unsent: Unsent): Promise<void> {
    const params = { path: { person_id: unsent.personId } };
    const body = { text: unsent.text, spans: [...unsent.spans], place_id: unsent.placeId, attachment_ids: [...unsent.files] };
    const answer = await take(api.POST("/api/v1/conversations/{person_id}/preview", { params, body })).catch(() => null);
    if (this.#asked === unsent) this.shown = answer?.previews[0] ?? null;
  }
}

export const previews = new Previews();
