// Where answers go on that did not arrive: set by who runs the desk, for each account or for all.
import type { Id, LadderOrder } from "../../shared/api-types";
import { api, done, take } from "./client";

class Ladder {
  orders: LadderOrder[] = $state.raw([]);
  isLoaded = $state(false);

  async load(): Promise<void> {
    this.orders = (await take(api.GET("/api/v1/ladder"))).orders;
    this.isLoaded = true;
  }

  /** Null: what holds for all accounts without an order of their own. */
  find(accountId: Id | null): LadderOrder | undefined {
    return this.orders.find((one) => one.account_id === accountId);
  }

  async set(accountId: Id | null, rungs: readonly Id[]): Promise<void> {
    const body = { rungs: [...rungs] };
    if (accountId === null) await done(api.PUT("/api/v1/ladder", { body }));
    else await done(api.PUT("/api/v1/ladder/{account_id}", { params: { path: { account_id: accountId } }, body }));
    await this.load();
  }

  async unset(accountId: Id | null): Promise<void> {
    if (accountId === null) await done(api.DELETE("/api/v1/ladder"));
    else await done(api.DELETE("/api/v1/ladder/{account_id}", { params: { path: { account_id: accountId } } }));
    await this.load();
  }
}

export const ladder = new Ladder();
