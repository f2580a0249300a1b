// That a colleague named this agent in a note: said at once, with the way there.
import type { Message } from "../../shared/api-types";
import { toInbox } from "../router";
import { pagePlace } from "./place.svelte";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";
import { t } from "./words.svelte";

export function tellMention(message: Message): void {
  if (!message.mentions.includes(session.agentId) || message.author.id === session.agentId) return;
  views.recount(true);
  const run = (): void => pagePlace.go(toInbox(views.current, message.person_id));
  toasts.show(t("composer.mentioned", { name: message.author.name }), { label: t("pending.view"), run });
}
