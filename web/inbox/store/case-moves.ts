// Messages that belong to another case, and cases that are one. What changed comes back by the feed as well.
import type { Id } from "../../shared/api-types";
import type { components } from "../../shared/api";
import { api, take } from "./client";
import { rt } from "./reading-words.svelte";
import { refusal } from "./refusals.svelte";
import { putCase } from "./thread";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";
import { shown, t } from "./words.svelte";

type Moved = components["schemas"]["Moved"];
export type Going = { messageId: Id; withLater: boolean };

/** To another case of the conversation, or to a new one (null). */
export async function moveMessages(from: Id, going: Going, to: Id | null, subject: string): Promise<void> {
  const what = going.withLater ? { from_message_id: going.messageId } : { message_ids: [going.messageId] };
  const body = to === null ? { ...what, subject } : { ...what, to_case_id: to };
  const params = { path: { case_id: from } };
  tell(await take(api.POST("/api/v1/cases/{case_id}/moves", { params, body })));
}

export async function mergeCase(from: Id, into: Id): Promise<void> {
  const params = { path: { case_id: from } };
  tell(await take(api.POST("/api/v1/cases/{case_id}/merge", { params, body: { into } })));
}

export async function undoMove(moveId: Id): Promise<void> {
  put(await take(api.POST("/api/v1/case-moves/{move_id}/undo", { params: { path: { move_id: moveId } } })));
}

/** Why a move cannot be undone just now, in words; empty: it can. */
export async function undoIsHindered(moveId: Id): Promise<string> {
  const offer = await take(api.GET("/api/v1/case-moves/{move_id}/undo", { params: { path: { move_id: moveId } } }));
  return offer.is_possible ? "" : (refusal(offer.code ?? "") ?? offer.because ?? "");
}

/** Why a message is in its case, in words. */
export async function whyHere(messageId: Id): Promise<string> {
  const params = { path: { message_id: messageId } };
  const choice = await take(api.GET("/api/v1/messages/{message_id}/case-choice", { params }));
  const values = { name: choice.moved_by?.name ?? t("event.system"), when: choice.moved_at ? shown.ago(choice.moved_at) : "" };
  return [rt(`move.why.${choice.why}`, values), ...(choice.has_reopened ? [rt("move.why.reopened")] : [])].join(" ");
}

function tell(moved: Moved): void {
  put(moved);
  const into = t("case.number", { id: moved.move.to_case_id });
  const run = (): void => void undoMove(moved.move.id).catch((error: unknown) => toasts.failed(error));
  toasts.show(rt("move.done", { into }), { label: t("action.undo"), run, undoes: true });
}

function put(moved: Moved): void {
  for (const one of moved.cases) threads.change(one.person_id, (thread) => putCase(thread, one));
}
