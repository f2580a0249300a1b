// Answers that wait before they go out: taken back into the composer, or given another time.
import type { Id, Message } from "../../shared/api-types";
import { toInbox } from "../router";
import { ApiError, api, done, take } from "./client";
import { commands } from "./commands.svelte";
import { drafts } from "./drafts.svelte";
import { pagePlace } from "./place.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";
import { shown, t } from "./words.svelte";

const HOLD = "/api/v1/messages/{message_id}/hold";
const SHORTEST = 4000;
const LONGEST = 12_000;

class Holds {
  #forget: () => void = () => undefined;

  /** A toast and the undo key take back what was just sent, as long as it waits. */
  offer(personId: Id, message: Message): void {
    const due = dueOf(message);
    if (due === null) return;
    const left = Math.min(Math.max(due - Date.now(), SHORTEST), LONGEST);
    const run = (): void => void this.recall(personId, message.id);
    const isSoon = due - Date.now() <= LONGEST;
    const text = isSoon ? t("hold.waits") : t("hold.scheduled", { when: shown.when(new Date(due).toISOString()) });
    toasts.show(text, { label: t("hold.undo"), run }, left);
    this.#forget();
    const takeBack = commands.lend({ undo: run });
    const timer = setTimeout(() => this.#forget(), left);
    this.#forget = () => {
      clearTimeout(timer);
      takeBack();
      this.#forget = () => undefined;
    };
  }

  /** Certainly never sent, and back where it was written; or the server says why not. */
  async recall(personId: Id, messageId: Id): Promise<void> {
    this.#forget();
    try {
      const params = { path: { message_id: messageId } };
      const id = await drafts.change(personId, "reply", () => take(api.DELETE(HOLD, { params })));
      const { route } = pagePlace;
      if (route.screen !== "inbox" || route.personId !== id) pagePlace.go(toInbox(views.current, id));
      commands.find("reply")?.();
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

/** When the last of it goes out that waits; null: nothing does. */
export function dueOf(message: Pick<Message, "deliveries">): number | null {
  const waiting = message.deliveries.flatMap((one) => (one.state === "held" && one.due_at ? [Date.parse(one.due_at)] : []));
  return waiting.length > 0 ? Math.max(...waiting) : null;
}

export const holds = new Holds();
