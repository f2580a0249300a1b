// Answers that wait before they go out: taken back into the composer, or given another time.
import { tick } from "svelte";
import type { Id, Message } from "../../shared/api-types";
import { toInbox } from "../router";
import { changesOf } from "./amend";
import { ApiError, api, done, take } from "./client";
import { commands, isTyping } from "./commands.svelte";
import { drafts } from "./drafts.svelte";
import { pagePlace } from "./place.svelte";
import { session } from "./session.svelte";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";
import { shown, t } from "./words.svelte";

const HOLD = "/api/v1/messages/{message_id}/hold";
const SHORTEST = 4000;
const LONGEST = 12_000;

/** How long the undo key offers to change what went out at once. */
const CHANGED_WITHIN = 60_000;

/** A reply that went out at once and is to be changed, or taken back where it was sent. */
export type Amended = { personId: Id; message: Message; how: "edit" | "delete"; mayDelete: boolean };

class Holds {
  /** Asked for by the undo key. */
  amended: Amended | null = $state.raw(null);
  #lent = new Map<Id, () => void>();

  /** A toast, and the undo key unless somebody else is open, take back what was just sent, as long as it waits. */
  offer(personId: Id, message: Message): void {
    const due = dueOf(message);
    if (due === null) return this.#offerChange(personId, message);
    const left = Math.min(Math.max(due - Date.now(), SHORTEST), LONGEST);
    const run = (): void => (toasts.close(notice), void this.recall(personId, message.id));
    const isSoon = due - Date.now() <= LONGEST;
    const text = isSoon ? t("hold.waits") : t("hold.scheduled", { when: shown.when(new Date(due).toISOString()) });
    const notice = toasts.show(text, { label: t("hold.undo"), run }, left);
    this.#lend(personId, run, left);
  }

  /** It is on its way: what undo can do is what its channel allows. */
  #offerChange(personId: Id, message: Message): void {
    if (message.direction !== "out") return;
    const may = changesOf(message, session.agentId, threads.find(personId)?.reach ?? []);
    const how = may.edit ? "edit" : may.delete ? "delete" : null;
    const run = (): void => {
      if (how === null) return void toasts.show(t("hold.undo_gone"));
      if (openId() !== personId) pagePlace.go(toInbox(views.current, personId));
      const now = threads.find(personId)?.messages.find((one) => one.id === message.id) ?? message;
      this.amended = { personId, message: now, how, mayDelete: may.delete };
    };
    this.#lend(personId, run, CHANGED_WITHIN);
  }

  /** What the undo key does, for so long; with somebody else open it is about something else. */
  #lend(personId: Id, run: () => void, milliseconds: number): void {
    this.#forget(personId);
    const takeBack = commands.lend({
      get undo() {
        return (openId() ?? personId) === personId ? run : undefined;
      },
    });
    const timer = setTimeout(() => this.#forget(personId), milliseconds);
    this.#lent.set(personId, () => {
      clearTimeout(timer);
      takeBack();
      this.#lent.delete(personId);
    });
  }

  /** Nothing of it is for who signs in next. */
  forget(): void {
    for (const end of [...this.#lent.values()]) end();
    this.amended = null;
  }

  #forget(personId: Id): void {
    this.#lent.get(personId)?.();
  }

  /**
   * Certainly never sent, and back where it was written; or the server says why not. The page goes there at once and
   * never when the answer comes: by then its agent may be writing to somebody else, who would get what they type.
   */
  async recall(personId: Id, messageId: Id): Promise<void> {
    this.#forget(personId);
    if (openId() !== personId) pagePlace.go(toInbox(views.current, personId));
    const { route } = pagePlace;
    try {
      const params = { path: { message_id: messageId } };
      const id = await drafts.change(personId, "reply", () => take(api.DELETE(HOLD, { params })));
      // Of that conversation: another one, which was open, is off the page by then.
      await tick();
      if (pagePlace.route === route || openId() === id) return void (isTyping(document.activeElement) || commands.run("reply"));
      const run = (): void => pagePlace.go(toInbox(views.current, id));
      toasts.show(t("hold.is_draft"), { label: t("pending.view"), run });
    } catch (error) {
      if (error instanceof ApiError && error.code === "too_late") toasts.show(t("hold.too_late"));
      else toasts.failed(error);
    }
  }

  /** When it goes out; null: now. */
  async reschedule(messageId: Id, at: Date | null): Promise<void> {
    const body = { send_at: at?.toISOString() ?? null };
    await done(api.PUT(HOLD, { params: { path: { message_id: messageId } }, body }));
  }
}

/** Whose conversation is on the page. */
function openId(): Id | null {
  const { route } = pagePlace;
  return route.screen === "inbox" ? route.personId : null;
}

/** When the last of it goes out that waits; null: nothing does. */
export function dueOf(message: Pick<Message, "deliveries">): number | null {
  const waiting = message.deliveries.flatMap((one) => (one.state === "held" && one.due_at ? [Date.parse(one.due_at)] : []));
  return waiting.length > 0 ? Math.max(...waiting) : null;
}

export const holds = new Holds();
