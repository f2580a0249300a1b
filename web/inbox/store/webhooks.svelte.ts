// Outgoing webhooks, followed as others change them and as their receivers come and go.
import type { Id, NewWebhook, Webhook, WebhookCall, WebhookTry } from "../../shared/api-types";
import { api, done, take } from "./client";
import { desk } from "./desk.svelte";
import { session } from "./session.svelte";

export type CallState = WebhookCall["state"];
const at = (id: Id): { path: { webhook_id: Id } } => ({ path: { webhook_id: id } });

class WebhooksStore {
  all: Webhook[] = $state.raw([]);
  isLoaded = $state(false);
  /** Of the one that was just made or renewed: shown once, and gone with the page. */
  secret = $state("");
  #isFollowed = false;
  #turn = 0;

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      // Also after a first answer that failed: who looks after them is told of each that stops.
      const again = (): void => void (session.can("webhooks.change") && this.load().catch(() => undefined));
      desk.listen((event) => event.kind === "webhooks.changed" && again(), again);
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const { webhooks } = await take(api.GET("/api/v1/webhooks"));
    if (turn !== this.#turn) return;
    this.all = webhooks;
    this.isLoaded = true;
  }

  /** Nothing is left of it for who signs in next. */
  forget(): void {
    this.#turn += 1;
    this.all = [];
    this.isLoaded = false;
    this.secret = "";
  }

  async save(id: Id | null, body: NewWebhook): Promise<void> {
    if (id === null) this.secret = (await take(api.POST("/api/v1/webhooks", { body }))).secret;
    else await take(api.PUT("/api/v1/webhooks/{webhook_id}", { params: at(id), body }));
    await this.load();
  }

  async renew(id: Id): Promise<void> {
    this.secret = (await take(api.POST("/api/v1/webhooks/{webhook_id}/secret", { params: at(id) }))).secret;
    await this.load();
  }

  async switch(one: Webhook): Promise<void> {
    const params = at(one.id);
    if (one.state === "paused") await take(api.POST("/api/v1/webhooks/{webhook_id}/resume", { params }));
    else await take(api.POST("/api/v1/webhooks/{webhook_id}/pause", { params }));
    await this.load();
  }

  async drop(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/webhooks/{webhook_id}", { params: at(id) }));
    await this.load();
  }

  async test(id: Id): Promise<void> {
    await take(api.POST("/api/v1/webhooks/{webhook_id}/test", { params: at(id) }));
  }

  calls(id: Id, before?: Id): Promise<{ calls: WebhookCall[]; before: Id | null }> {
    const query = before === undefined ? { limit: 30 } : { limit: 30, before };
    return take(api.GET("/api/v1/webhooks/{webhook_id}/calls", { params: { ...at(id), query } }));
  }

  async tries(id: Id): Promise<WebhookTry[]> {
    return (await take(api.GET("/api/v1/webhook-calls/{call_id}", { params: { path: { call_id: id } } }))).tries;
  }

  /** How many go out again; null: the webhook's `replay` says it, as they are looked through. */
  async replay(id: Id, body: { call_id: Id } | { since: string; until: string; only_failed: boolean }): Promise<number | null> {
    return (await take(api.POST("/api/v1/webhooks/{webhook_id}/replay", { params: at(id), body }))).count;
  }

  /** What has gone out stays; nothing more of the period does. */
  async cancelReplay(id: Id): Promise<void> {
    await done(api.POST("/api/v1/webhooks/{webhook_id}/replay/cancel", { params: at(id) }));
    await this.load();
  }
}

export const webhooks = new WebhooksStore();
desk.whenEnded(() => webhooks.forget());
