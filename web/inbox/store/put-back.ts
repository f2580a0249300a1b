// An open case is changed by its own keys and buttons, and a change of its state is taken back: whoever has gone on reads whose it was.
import type { Case, CaseChange } from "../../shared/api-types";
import { toInbox } from "../router";
import { pagePlace } from "./place.svelte";
import { threads } from "./threads.svelte";
import { sentence, toasts } from "./toasts.svelte";
import { t } from "./words.svelte";

/** `was`: as it stood before the change. Rejects if the desk refuses it. */
export async function putBack(was: Case): Promise<void> {
  await threads.changeCase(threads.latest(was), asBefore(was));
  if (isLeft(was)) toasts.show(t("case.put_back_toast", { name: nameOf(was) }));
}

/** What is solved has its undo; what is refused says so, and of whom, if somebody else is open by then. */
export async function changeOpen(one: Case, changes: CaseChange): Promise<void> {
  try {
    await threads.changeCase(one, changes);
    const reopen = (): void => void putBack(one).catch((error: unknown) => toasts.failed(error));
    if (changes.state === "solved") toasts.show(t("case.solved_toast", { name: nameOf(one) }), { label: t("action.undo"), run: reopen, undoes: true });
  } catch (error) {
    if (isLeft(one)) toasts.show(`${nameOf(one)}: ${sentence(error)}`, { label: t("pending.view"), run: () => pagePlace.go(toInbox("all", one.person_id)) });
    else toasts.failed(error);
  }
}

/** Its own conversation is not what is open: another one is, which may be still to come, or none. */
function isLeft({ person_id: id }: Case): boolean {
  const { route } = pagePlace;
  return route.screen !== "inbox" || route.personId === null || !(threads.find(id)?.person.member_ids ?? [id]).includes(route.personId);
}

/** The state with the time to wake that went with it, unless that is over by now. */
function asBefore({ state, snoozed_until }: Case): CaseChange {
  if (state !== "snoozed") return { state };
  return snoozed_until !== null && Date.parse(snoozed_until) <= Date.now() ? { state: "open" } : { state, snoozed_until };
}

/** Whose case it is, for a notice that stands over another conversation by the time that it is read. */
export function nameOf(one: Case): string {
  const found = [...threads.open.values()].find(({ person }) => person.member_ids.includes(one.person_id));
  return found?.person.display_name ?? t("case.number", { id: one.id });
}
