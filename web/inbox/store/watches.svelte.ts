// The conversations that this agent watches: their news is told, whoever owns their cases.
import { SvelteSet } from "svelte/reactivity";
import type { Id } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, done, take } from "./client";
import { desk } from "./desk.svelte";

class Watches {
  readonly #ids = new SvelteSet<Id>();
  #asked = 0;

  /** Returns what ends it. */
  begin(): () => void {
    const again = (): void => void this.load().catch(() => undefined);
    again();
    return desk.listen((event) => {
      if (mayMove(event)) again();
    }, again);
  }

  has(id: Id): boolean {
    return this.#ids.has(id);
  }

  get all(): Id[] {
    return [...this.#ids].sort((one, other) => one - other);
  }

  /** Of two answers the one that was asked for last counts. */
  async load(): Promise<void> {
    const asked = (this.#asked += 1);
    const { person_ids: ids } = await take(api.GET("/api/v1/watches"));
    if (asked !== this.#asked) return;
    for (const id of this.#ids) if (!ids.includes(id)) this.#ids.delete(id);
    for (const id of ids) this.#ids.add(id);
  }

  /** Shown at once, and put back if the server refuses. Whether it is watched now. Raises ApiError. */
  async turn(id: Id): Promise<boolean> {
    const isOn = !this.#ids.has(id);
    this.#put(id, isOn);
    const params = { path: { person_id: id } };
    try {
      await done(isOn ? api.PUT("/api/v1/conversations/{person_id}/watch", { params }) : api.DELETE("/api/v1/conversations/{person_id}/watch", { params }));
    } catch (error) {
      this.#put(id, !isOn);
      throw error;
    }
    return isOn;
  }

  #put(id: Id, isOn: boolean): void {
    if (isOn) this.#ids.add(id);
    else this.#ids.delete(id);
  }
}

/** Who stands for a conversation may change with a merge: the watch goes with it. */
function mayMove({ kind }: FeedEvent): boolean {
  return kind === "watches.changed" || kind === "person.merged" || kind === "person.split";
}

export const watches = new Watches();
