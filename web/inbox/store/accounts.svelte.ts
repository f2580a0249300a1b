// The desk's accounts: how their channel looks, and how each of them is doing.
import type { Account, Id, Identity } from "../../shared/api-types";
import { api, take } from "./client";
import { plainRealm } from "./names";
import { tMaybe } from "./words.svelte";

export type Look = { name: string; label: string; color: string; icon: string };

class Accounts {
  all: Account[] = $state.raw([]);
  isLoaded = $state(false);
  readonly #byId = $derived(new Map(this.all.map((one) => [one.id, one])));
  readonly #byChannel = $derived(new Map(this.all.map((one) => [one.channel, one])));

  async load(): Promise<void> {
    const { accounts } = await take(api.GET("/api/v1/accounts"));
    this.all = accounts;
    this.isLoaded = true;
  }

  put(account: Account): void {
    const others = this.all.filter((one) => one.id !== account.id);
    this.all = [...others, account].sort((one, other) => one.id - other.id);
  }

  forget(id: Id): void {
    this.all = this.all.filter((one) => one.id !== id);
  }

  find(id: Id | null): Account | undefined {
    return id === null ? undefined : this.#byId.get(id);
  }

  /** How a channel is drawn. An account that is gone leaves a plain mark. */
  look(accountId: Id | null, channel: string | null): Look {
    const account = this.find(accountId) ?? (channel === null ? undefined : this.#byChannel.get(channel));
    if (!account) return { name: channel ?? "", label: channel ?? "", color: "", icon: "" };
    return { name: account.channel_name, label: account.label, color: account.color, icon: account.icon };
  }

  get inTrouble(): Account[] {
    return this.all.filter((one) => one.state === "paused" || one.health.state === "down");
  }
}

export const accounts = new Accounts();

/** In which network a handle stands, as people call it: as the server tells it, in words of ours, by the channel's name. */
export function realmName(identity: Pick<Identity, "realm" | "realm_name">): string {
  const realm = plainRealm(identity.realm);
  return identity.realm_name || tMaybe(`realm.${realm}`) || accounts.look(null, realm).name;
}
