// That a colleague named this agent in a note, or that they are told of a deadline: said at once, with the way there. A danger stands on the page (`dangers`).
import type { Message } from "../../shared/api-types";
import { toInbox } from "../router";
import { tellsOfDanger, tellsOfDeadline } from "./alerts";
import { dueNews } from "./due-news";
import { pagePlace } from "./place.svelte";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";
import { shown, t, tMaybe } from "./words.svelte";

export function tellMention(message: Message): void {
  const isDanger = tellsOfDanger(message, session.agentId);
  const isDue = tellsOfDeadline(message, session.agentId);
  if (!(isDanger || isDue || message.mentions.includes(session.agentId)) || message.author.id === session.agentId) return;
  if (!isDue) views.recount(true);
  if (isDanger) return;
  const run = (): void => pagePlace.go(toInbox(views.current, message.person_id));
  const name = rows.find(message.person_id)?.display_name ?? "";
  const target = tMaybe(`deadline.${message.event?.target}`) ?? "";
  const action = { label: t("pending.view"), run };
  if (isDue) {
    const said = t("deadline.toast", { name, target, due: shown.full(String(message.event?.due_at)) });
    dueNews.tell({ personId: message.person_id, said, action, hasPassed: message.event?.event !== "deadline_near" });
  } else toasts.tell(t("composer.mentioned", { name: message.author.name }), action);
}
