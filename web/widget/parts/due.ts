import type { Chat } from "../chat";

/** Whether an unknown visitor still has to say something of themselves before the first message. */
export function isFormDue(chat: Chat): boolean {
  const form = chat.config.value?.reception.form ?? [];
  const given = chat.answers.given.value;
  // An address that was left for later is no answer to the rest.
  if (!form.length || chat.isKnown.value || (given && form.every((one) => !one.is_required || given[one.name]))) return false;
  return !chat.log.value.messages.length && !chat.queue.value.length;
}
