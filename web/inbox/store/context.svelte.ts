// What everybody says in a shared place, round one message: opened to look, and forgotten again.
import type { Id, PlaceMessage, PlacePage, SharedPlace } from "../../shared/api-types";
import { api, take } from "./client";
import { toasts } from "./toasts.svelte";

const PAGE = 30;

class Context {
  place: SharedPlace | null = $state.raw(null);
  around: Id = $state(0);
  messages: PlaceMessage[] = $state.raw([]);
  hasBefore = $state(false);
  hasAfter = $state(false);
  isLoading = $state(false);
  #wanted = 0;

  /** The panel stands at once, with the place's name; what was said follows. */
  async open(place: SharedPlace, around: Id): Promise<void> {
    this.place = place;
    this.around = around;
    this.messages = [];
    this.hasBefore = this.hasAfter = false;
    const page = await this.#load({ around });
    if (page) {
      this.place = page.place;
      this.messages = [...page.messages];
      this.hasBefore = page.has_before;
      this.hasAfter = page.has_after;
    }
  }

  async older(): Promise<void> {
    const page = await this.#load({ before: this.messages[0]?.message.id ?? 1 });
    if (!page) return;
    this.messages = [...page.messages, ...this.messages];
    this.hasBefore = page.has_before;
  }

  async newer(): Promise<void> {
    const page = await this.#load({ after: this.messages.at(-1)?.message.id ?? 1 });
    if (!page) return;
    this.messages = [...this.messages, ...page.messages];
    this.hasAfter = page.has_after;
  }

  close(): void {
    this.place = null;
    this.messages = [];
    this.#wanted += 1;
  }

  /** Null: it failed, or something else is looked at by now. */
  async #load(anchor: { around: Id } | { before: Id } | { after: Id }): Promise<PlacePage | null> {
    if (!this.place) return null;
    const wanted = (this.#wanted += 1);
    this.isLoading = true;
    const params = { path: { place_id: this.place.id }, query: { ...anchor, limit: PAGE } };
    const page = await take(api.GET("/api/v1/places/{place_id}/messages", { params })).catch(
      (error: unknown) => (toasts.failed(error), null),
    );
    if (wanted !== this.#wanted) return null;
    this.isLoading = false;
    return page;
  }
}

export const context = new Context();
