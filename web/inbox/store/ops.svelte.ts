// What runs the desk: channels that there are, accounts made and paused, events that could not be read.
import type { Account, AccountEvent, AccountLimits, Channel, CheckResult, Gap, Id, QuarantineEntry, Standing } from "../../shared/api-types";
import { accounts } from "./accounts.svelte";
import { api, done, take } from "./client";

class Ops {
  channels: Channel[] = $state.raw([]);
  quarantine: QuarantineEntry[] = $state.raw([]);
  nextEntry: number | null = $state(null);
  gaps: Gap[] = $state.raw([]);
  standings: Map<Id, Standing> = $state.raw(new Map());

  /** Figures of every account. Those that the feed tells come by themselves. */
  async loadStandings(): Promise<void> {
    const { standings } = await take(api.GET("/api/v1/account-standings"));
    this.standings = new Map(standings.map((one) => [one.account_id, one]));
  }

  async drain(id: Id): Promise<void> {
    accounts.put(await take(api.POST("/api/v1/accounts/{account_id}/drain", at(id))));
  }

  async reconnect(id: Id): Promise<void> {
    accounts.put(await take(api.POST("/api/v1/accounts/{account_id}/reconnect", at(id))));
  }

  async rotate(id: Id, secrets: Record<string, string>): Promise<void> {
    accounts.put(await take(api.POST("/api/v1/accounts/{account_id}/secrets", { ...at(id), body: { secrets } })));
  }

  async loadConfig(id: Id): Promise<Record<string, unknown>> {
    return (await take(api.GET("/api/v1/accounts/{account_id}", at(id)))).config;
  }

  async change(id: Id, label: string, config: Record<string, unknown>): Promise<void> {
    accounts.put(await take(api.PATCH("/api/v1/accounts/{account_id}", { ...at(id), body: { label, config } })));
  }

  async history(id: Id, before: number | null): Promise<{ events: readonly AccountEvent[]; next: number | null }> {
    const query = before === null ? {} : { before };
    return take(api.GET("/api/v1/accounts/{account_id}/history", { params: { path: { account_id: id }, query } }));
  }

  limits(id: Id): Promise<AccountLimits> {
    return take(api.GET("/api/v1/accounts/{account_id}/limits", at(id)));
  }

  async guide(channel: string): Promise<string> {
    return (await take(api.GET("/api/v1/channels/{channel}/guide", { params: { path: { channel } } }))).text;
  }

  /** Signs in with settings that are not stored. */
  tryOut(channel: string, label: string, config: Record<string, unknown>): Promise<CheckResult> {
    return take(api.POST("/api/v1/channels/{channel}/check", { params: { path: { channel } }, body: { label, config } }));
  }

  async source(id: Id): Promise<string> {
    return (await take(api.GET("/api/v1/quarantine/{entry_id}", { params: { path: { entry_id: id } } }))).source;
  }

  async loadChannels(): Promise<void> {
    this.channels = (await take(api.GET("/api/v1/channels"))).channels;
  }

  async add(channel: string, label: string, config: Record<string, unknown>): Promise<Account> {
    const account = await take(api.POST("/api/v1/accounts", { body: { channel, label, config } }));
    accounts.put(account);
    return account;
  }

  async pause(id: Id, reason: string): Promise<void> {
    accounts.put(await take(api.POST("/api/v1/accounts/{account_id}/pause", { ...at(id), body: { reason } })));
  }

  async resume(id: Id): Promise<void> {
    accounts.put(await take(api.POST("/api/v1/accounts/{account_id}/resume", at(id))));
  }

  /** It signs in and, where its network allows that, writes to itself. Kept at the account as well. */
  check(id: Id): Promise<CheckResult> {
    return take(api.POST("/api/v1/accounts/{account_id}/check", { ...at(id), body: { sends: true } }));
  }

  async removeAccount(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/accounts/{account_id}", at(id)));
    accounts.forget(id);
  }

  async loadQuarantine(after: number | null = null): Promise<void> {
    const query = { state: "waiting" as const, ...(after === null ? {} : { after }) };
    const page = await take(api.GET("/api/v1/quarantine", { params: { query } }));
    this.quarantine = after === null ? page.entries : [...this.quarantine, ...page.entries];
    this.nextEntry = page.next;
  }

  async loadGaps(): Promise<void> {
    this.gaps = [...(await take(api.GET("/api/v1/history-gaps"))).gaps];
  }

  async settle(id: Id, action: "replay" | "drop"): Promise<void> {
    const params = { path: { entry_id: id } };
    if (action === "replay") await done(api.POST("/api/v1/quarantine/{entry_id}/replay", { params }));
    else await done(api.POST("/api/v1/quarantine/{entry_id}/drop", { params }));
    await this.loadQuarantine();
  }
}

const at = (id: Id): { params: { path: { account_id: Id } } } => ({ params: { path: { account_id: id } } });

export const ops = new Ops();
