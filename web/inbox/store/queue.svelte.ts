// One's own place at work (there or away, what one is offered), and how waiting cases are given out.
import type { Id } from "../../shared/api-types";
import type { components } from "../../shared/api";
import { api, done, take } from "./client";
import { desk } from "./desk.svelte";

type Shapes = components["schemas"];
export type OwnDesk = Shapes["OwnDesk"];
export type Availability = Shapes["AgentDesk"]["availability"];
export type QueueSettings = Shapes["AllSettings"];

class QueueStore {
  own: OwnDesk | null = $state.raw(null);
  settings: QueueSettings | null = $state.raw(null);
  #isFollowed = false;

  /** From then on both follow what happens. */
  async load(): Promise<void> {
    this.#follow();
    await Promise.all([this.#loadOwn(), this.#loadSettings()]);
  }

  async set(availability: Availability): Promise<void> {
    this.own = await take(api.PUT("/api/v1/desk", { body: { availability } }));
  }

  async accept(case_id: Id): Promise<void> {
    await done(api.POST("/api/v1/cases/{case_id}/accept", { params: { path: { case_id } } }));
    await this.#loadOwn();
  }

  async decline(case_id: Id): Promise<void> {
    await done(api.POST("/api/v1/cases/{case_id}/decline", { params: { path: { case_id } } }));
    await this.#loadOwn();
  }

  #follow(): void {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    const own = (): void => void this.#loadOwn().catch(() => undefined);
    const settings = (): void => void this.#loadSettings().catch(() => undefined);
    desk.listen(
      (event) => {
        if (event.kind === "desk.changed") own();
        if (event.kind === "queue.changed") settings();
      },
      () => (own(), settings()),
    );
  }

  async #loadOwn(): Promise<void> {
    this.own = await take(api.GET("/api/v1/desk"));
  }

  async #loadSettings(): Promise<void> {
    this.settings = await take(api.GET("/api/v1/queue/settings"));
  }
}

export const queue = new QueueStore();
