// How far a new desk has come: asked again only when it may have come further, and never in a rush.
import type { FirstRun } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { firstSteps, mayFinish } from "./first-steps";
import { session } from "./session.svelte";

/** Between two questions, in ms. */
const REST = 5000;

class FirstRunStore {
  found: FirstRun | null = $state.raw(null);
  /** None once this agent has put them away, wherever they sign in. */
  readonly steps = $derived(session.me?.agent.settings.first_run === "away" ? [] : firstSteps(this.found));
  readonly next = $derived(this.steps.find((one) => !one.isDone));
  #followers = 0;
  #deaf = (): void => undefined;
  #askedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** From now on; returns what ends it. */
  follow(): () => void {
    if (this.#followers++ === 0) {
      this.#deaf = desk.listen((event) => this.take(event), () => this.#ask());
      this.#ask();
    }
    return () => {
      if (--this.#followers > 0) return;
      this.#deaf();
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  take(event: FeedEvent): void {
    if (!this.found || mayFinish(this.found, event)) this.#ask();
  }

  /** Raises ApiError. What another tab or device changed of the settings since stays. */
  async putAway(): Promise<void> {
    await session.refresh();
    const settings = { ...session.me?.agent.settings, first_run: "away" };
    session.me = await take(api.PATCH("/api/v1/me", { body: { settings } }));
  }

  #ask(): void {
    if (this.#timer !== undefined || session.me?.agent.settings.first_run === "away") return;
    const load = (): void => {
      this.#timer = undefined;
      this.#askedAt = Date.now();
      void take(api.GET("/api/v1/first-run")).then((found) => (this.found = found)).catch(() => undefined);
    };
    const rest = this.#askedAt + REST - Date.now();
    if (rest <= 0) load();
    else this.#timer = setTimeout(load, rest);
  }
}

export const firstRun = new FirstRunStore();
