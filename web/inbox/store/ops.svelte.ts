// What runs the desk: channels that there are, accounts made and paused, events that could not be read.
import type { Account, Channel, CheckResult, Id, QuarantineEntry } from "../../shared/api-types";
import { accounts } from "./accounts.svelte";
import { get, post, remove } from "./client";

class Ops {
  channels: Channel[] = $state.raw([]);
  quarantine: QuarantineEntry[] = $state.raw([]);
  nextEntry: string | number | null = $state(null);

  async loadChannels(): Promise<void> {
    this.channels = (await get<{ channels: Channel[] }>("/channels")).channels;
  }

  async add(channel: string, label: string, config: Record<string, unknown>): Promise<Account> {
    const account = await post<Account>("/accounts", { channel, label, config });
    accounts.put(account);
    return account;
  }

  async pause(id: Id, reason: string): Promise<void> {
    accounts.put(await post<Account>(`/accounts/${id}/pause`, { reason }));
  }

  async resume(id: Id): Promise<void> {
    accounts.put(await post<Account>(`/accounts/${id}/resume`));
  }

  check(id: Id): Promise<CheckResult> {
    return post<CheckResult>(`/accounts/${id}/check`);
  }

  async removeAccount(id: Id): Promise<void> {
    await remove<void>(`/accounts/${id}`);
    accounts.forget(id);
  }

  async loadQuarantine(after: string | number | null = null): Promise<void> {
    type Page = { entries: QuarantineEntry[]; next: string | number | null };
    const page = await get<Page>("/quarantine", { state: "waiting", after });
    this.quarantine = after === null ? page.entries : [...this.quarantine, ...page.entries];
    this.nextEntry = page.next;
  }

  async settle(id: Id, action: "replay" | "drop"): Promise<void> {
    await post<unknown>(`/quarantine/${id}/${action}`);
    await this.loadQuarantine();
  }
}

export const ops = new Ops();
