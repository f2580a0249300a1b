// How long answers can be recalled on each account, and by which key they go out: what the settings' page shows.
import type { Holds, Id } from "../../shared/api-types";
import { api, done, take } from "./client";
import { readSending, type Sending } from "./sending";
import { session } from "./session.svelte";
import { threads } from "./threads.svelte";

class SendingSettings {
  holds: Holds | null = $state.raw(null);
  #writes: Promise<void> = Promise.resolve();

  async load(): Promise<void> {
    this.holds = await take(api.GET("/api/v1/me/holds"));
  }

  /** On one account; everywhere else without one. Null: as it is said for more. Raises ApiError. */
  async holdOwn(accountId: Id | null, seconds: number | null): Promise<void> {
    const body = { hold_seconds: seconds };
    if (accountId === null) await done(api.PUT("/api/v1/me/hold", { body }));
    else await done(api.PUT("/api/v1/me/holds/{account_id}", { params: { path: { account_id: accountId } }, body }));
    await this.#renew();
  }

  /** For everybody who says nothing else. Raises ApiError. */
  async holdAll(accountId: Id, seconds: number | null): Promise<void> {
    const params = { path: { account_id: accountId } };
    await done(api.PUT("/api/v1/accounts/{account_id}/hold", { params, body: { hold_seconds: seconds } }));
    await this.#renew();
  }

  /** Raises ApiError. What another tab or device changed of the settings since stays. */
  choose(changes: Partial<Sending>): Promise<void> {
    const write = async (): Promise<void> => {
      await session.refresh();
      const settings = { ...session.me?.agent.settings, sending: { ...readSending(session.me?.agent.settings), ...changes } };
      session.me = await take(api.PATCH("/api/v1/me", { body: { settings } }));
    };
    // One after another: of two quick clicks the second must know of the first.
    const answer = this.#writes.then(write);
    this.#writes = answer.catch(() => undefined);
    return answer;
  }

  /** Open conversations hold by the new times at once. */
  async #renew(): Promise<void> {
    await this.load();
    await Promise.all([...threads.open.keys()].map((id) => threads.refreshReach(id).catch(() => undefined)));
  }
}

export const sending = new SendingSettings();
