// That a colleague named this agent in a note, or that they are told of a danger: said at once, with the way there.
import type { Message } from "../../shared/api-types";
import { toInbox } from "../router";
import { tellsOfDanger } from "./alerts";
import { pagePlace } from "./place.svelte";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";
import { t, tMaybe } from "./words.svelte";

export function tellMention(message: Message): void {
  const isDanger = tellsOfDanger(message, session.agentId);
  if (!(isDanger || message.mentions.includes(session.agentId)) || message.author.id === session.agentId) return;
  views.recount(true);
  const run = (): void => pagePlace.go(toInbox(views.current, message.person_id));
  const name = rows.find(message.person_id)?.display_name ?? "";
  const danger = tMaybe(`danger.${message.event?.danger}`) ?? "";
  toasts.show(isDanger ? t("danger.toast", { danger, name }) : t("composer.mentioned", { name: message.author.name }), { label: t("pending.view"), run });
}
