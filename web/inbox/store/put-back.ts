// A change of a case's state is taken back: it stands there as it did, and whoever has gone on reads whose it was.
import type { Case, CaseChange } from "../../shared/api-types";
import { pagePlace } from "./place.svelte";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";
import { t } from "./words.svelte";

/** `was`: as it stood before the change. Rejects if the desk refuses it. */
export async function putBack(was: Case): Promise<void> {
  await threads.changeCase(threads.latest(was), asBefore(was));
  const { route } = pagePlace;
  const open = route.screen === "inbox" && route.personId !== null ? threads.find(route.personId) : undefined;
  if (open && !open.person.member_ids.includes(was.person_id)) toasts.show(t("case.put_back_toast", { name: nameOf(was) }));
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
