// What is spam: its sender rings nowhere from now on, and the case is closed. One undo takes both back.
import type { Case, Person } from "../../shared/api-types";
import { blockPerson } from "./panel";
import { lt } from "./list-words.svelte";
import { putBack } from "./put-back";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";
import { t } from "./words.svelte";

export async function markSpam(person: Person, one: Case): Promise<void> {
  const wasBlocked = person.blocked_at !== null;
  const before = one.state;
  try {
    if (!wasBlocked) await blockPerson(person.id, true);
    if (before !== "solved") await threads.changeCase(one, { state: "solved" });
  } catch (error) {
    toasts.failed(error);
    return;
  }
  const undo = async (): Promise<void> => {
    if (!wasBlocked) await blockPerson(person.id, false);
    if (before !== "solved") await putBack(one);
  };
  const run = (): void => void undo().catch((error: unknown) => toasts.failed(error));
  toasts.show(lt("spam.done", { name: person.display_name }), { label: t("action.undo"), run, undoes: true });
}
