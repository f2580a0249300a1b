// What runs the desk: channels that there are, accounts made and paused, events that could not be read.
import type { Account, Channel, CheckResult, Gap, Id, QuarantineEntry } from "../../shared/api-types";
import { accounts } from "./accounts.svelte";
import { api, done, take } from "./client";

class Ops {
  channels: Channel[] = $state.raw([]);
  quarantine: QuarantineEntry[] = $state.raw([]);
  nextEntry: number | null = $state(null);
  gaps: Gap[] = $state.raw([]);

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

  check(id: Id): Promise<CheckResult> {
    return take(api.POST("/api/v1/accounts/{account_id}/check", at(id)));
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
