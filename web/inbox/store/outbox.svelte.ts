// What the agent has sent and the server has not confirmed: shown at once, sent in order, never twice.
import type { Attachment, Decision, Delivery, Id, Message, NewMessage } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { alone } from "./alone";
import { api, ApiError, done, take } from "./client";
import { holds } from "./holds.svelte";
import { readReason, type PublicReason } from "./public";
import { session } from "./session.svelte";
import { threads } from "./threads.svelte";
import { sentence, toasts } from "./toasts.svelte";

/** `left`: what stood before it did not go out. It holds up nothing, and goes when its agent says so. */
export type PendingState = "sending" | "offline" | "moved_on" | "refused" | "left";
export type Pending = {
  key: string;
  /** Who wrote it: it is kept under their name, whoever is signed in by then. */
  agentId: Id;
  personId: Id;
  body: NewMessage;
  attachments: Attachment[];
  accountId: Id | null;
  channel: string | null;
  shownAs: string;
  state: PendingState;
  reason: string;
  /** Refused because others read along there. */
  publicReason?: PublicReason | null;
  /** Refused because a second agent has to read it first. */
  needsSecond?: boolean;
  lastMessageId: Id | null;
  /** Who was faster, where the server said so. */
  newer?: Newer | null;
  /** When it was written: what waits goes out in this order. */
  at: number;
};
export type Newer = { by: string; direction: string; at: string };

const RETRY = 3000;

class Outbox {
  all: Pending[] = $state.raw([]);
  #running = new Set<Id>();
  /** What was asked for in this page. What another tab sends is that tab's to take back. */
  #own = new Set<string>();

  of(personId: Id): Pending[] {
    return this.all.filter((one) => one.personId === personId);
  }

  /** It waits until something is decided of one that was written before it. */
  isBehind({ key, personId, state }: Pending): boolean {
    const first = this.#first(personId);
    return first !== undefined && first.key !== key && !isGoing(first) && state !== "left";
  }

  /** The bubble stands from now on; the rest happens behind it. */
  send(written: Omit<Pending, "agentId" | "state" | "reason" | "lastMessageId" | "at">): void {
    const body = { ...written.body, client_key: written.key };
    const { agentId } = session;
    const pending: Pending = { ...written, agentId, body, state: "sending", reason: "", lastMessageId: null, at: Date.now() };
    this.all = [...this.all, pending];
    keep(pending);
    this.#own.add(pending.key);
    void this.#run(pending.personId);
  }

  /** Send although somebody wrote meanwhile. */
  sendAnyway(key: string): void {
    const pending = this.#find(key);
    if (pending) this.#again(pending, { body: { ...pending.body, expect_last_id: pending.lastMessageId ?? undefined } });
  }

  /** To the person alone instead, and without what was to be left in public. */
  sendPrivately(key: string): void {
    const pending = this.#find(key);
    if (pending) this.#again(pending, { reason: "", publicReason: null, body: { ...pending.body, in_private: true, public_line: "" } });
  }

  /** It waits for a second agent from then on, in the list of what waits. */
  async askSecond(key: string): Promise<void> {
    const pending = this.#find(key);
    if (!pending) return;
    try {
      const params = { path: { person_id: pending.personId } };
      await take(api.POST("/api/v1/conversations/{person_id}/approvals", { params, body: pending.body }));
      this.#remove(pending, true);
    } catch (error) {
      toasts.failed(error);
    }
  }

  retry(key: string): void {
    const pending = this.#find(key);
    if (pending) this.#again(pending, { reason: "" });
  }

  /** To be written anew. Undefined: another tab has taken it back or sent it. */
  takeBack(key: string): Pending | undefined {
    const pending = this.#find(key);
    if (pending) this.#remove(pending, true);
    return pending;
  }

  /** After a reload, a cut or another tab's end: whatever this agent had left is tried again, under the same keys. */
  resume(): void {
    this.all = load(session.agentId);
    for (const personId of new Set(this.all.map((one) => one.personId))) void this.#run(personId);
  }

  /** What another tab does with one that both show. */
  hear({ key: place, newValue }: Pick<StorageEvent, "key" | "newValue">): void {
    const known = this.all.find((one) => keyOf(one.agentId, one.key) === place);
    if (!known) return;
    const now = newValue === null ? [] : [{ ...(JSON.parse(newValue) as Pending), agentId: known.agentId }];
    this.all = this.all.flatMap((one) => (one === known ? now : [one]));
  }

  /** Another agent may sign in: what is kept in the browser waits for its own. */
  forget(): void {
    this.all = [];
    this.#own.clear();
  }

  /** The feed may be faster than the answer to the request. */
  take(event: FeedEvent): void {
    if (event.kind !== "message.created" || event.message.client_key === null) return;
    const pending = this.#find(event.message.client_key);
    if (pending) this.#remove(pending);
  }

  async decide(delivery: Delivery, action: Decision): Promise<void> {
    try {
      const params = { path: { delivery_id: delivery.id } };
      await done(api.POST("/api/v1/deliveries/{delivery_id}/decision", { params, body: { action } }));
    } catch (error) {
      toasts.failed(error);
    }
  }

  #again({ key, personId }: Pending, changes: Partial<Pending>): void {
    this.#own.add(key);
    this.#change(key, { ...changes, state: "sending" });
    void this.#run(personId);
  }

  async #run(personId: Id): Promise<void> {
    if (this.#running.has(personId)) return;
    this.#running.add(personId);
    try {
      for (let next = this.#next(personId); next; next = this.#next(personId)) await this.#post(next);
    } finally {
      this.#running.delete(personId);
    }
  }

  #next(personId: Id): Pending | undefined {
    const first = this.#first(personId);
    return first && isGoing(first) ? first : undefined;
  }

  #first(personId: Id): Pending | undefined {
    return this.of(personId).find(({ state }) => state !== "left");
  }

  /** Undefined: there is none, or another tab has got rid of it; then it is none of this tab's either. */
  #find(key: string): Pending | undefined {
    const pending = this.all.find((one) => one.key === key);
    if (!pending || localStorage.getItem(keyOf(pending.agentId, key)) !== null) return pending;
    this.#leave(key);
    return undefined;
  }

  #leave(key: string): void {
    this.all = this.all.filter((one) => one.key !== key);
  }

  /** What waited behind it goes on; or, if that may be of no sense alone, is left to its agent. */
  #remove({ agentId, key, personId }: Pending, leaves = false): void {
    this.#leave(key);
    localStorage.removeItem(keyOf(agentId, key));
    if (leaves) for (const one of this.of(personId).filter(isGoing)) this.#change(one.key, { state: "left" });
    void this.#run(personId);
  }

  async #post(pending: Pending): Promise<void> {
    try {
      const message = await alone(`onethread.outbox.${pending.agentId}.${pending.personId}`, async () => this.#find(pending.key) && this.#ask(pending));
      if (!message || pending.agentId !== session.agentId) return;
      threads.putMessage(pending.personId, message);
      if (this.#own.delete(pending.key)) holds.offer(pending.personId, message);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.#leave(pending.key); // It goes out when its agent is back.
      } else if (error instanceof ApiError && error.isPassing) {
        this.#change(pending.key, { state: "offline" });
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      } else if (error instanceof ApiError && error.code === "moved_on") {
        const last = Number(error.more.last_message_id ?? 0) || null;
        const { by, direction, at } = error.more as Partial<Newer>;
        const newer = at ? { by: by ?? "", direction: direction ?? "in", at } : null;
        this.#change(pending.key, { state: "moved_on", lastMessageId: last, newer });
      } else {
        const publicReason = error instanceof ApiError && error.code === "public_place" ? readReason(error.more.reason) : null;
        const needsSecond = error instanceof ApiError && error.code === "needs_second";
        this.#change(pending.key, { state: "refused", reason: sentence(error), publicReason, needsSecond });
      }
    }
  }

  async #ask(pending: Pending): Promise<Message> {
    const params = { path: { person_id: pending.personId } };
    const message = await take(api.POST("/api/v1/conversations/{person_id}/messages", { params, body: pending.body }));
    this.#remove(pending);
    return message;
  }

  #change(key: string, changes: Partial<Pending>): void {
    const pending = this.#find(key);
    if (!pending) return;
    const changed = { ...pending, ...changes };
    this.all = this.all.map((one) => (one === pending ? changed : one));
    keep(changed);
  }
}

const isGoing = ({ state }: Pending): boolean => state === "sending" || state === "offline";
const keyOf = (agentId: Id, key = ""): string => `onethread.outbox.${agentId}.${key}`;

/** Each by itself, so that tabs don't overwrite each other's. Sent by two of them it is one message: the key is one. */
function keep(pending: Pending): void {
  localStorage.setItem(keyOf(pending.agentId, pending.key), JSON.stringify(pending));
}

/** What no tab of this browser has got rid of, in the order in which it was written. */
function load(agentId: Id): Pending[] {
  const found: Pending[] = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(keyOf(agentId))) continue;
    try {
      found.push({ ...(JSON.parse(localStorage.getItem(key) ?? "") as Pending), agentId });
    } catch {
      localStorage.removeItem(key);
    }
  }
  return found.sort((one, other) => one.at - other.at);
}

export const outbox = new Outbox();
