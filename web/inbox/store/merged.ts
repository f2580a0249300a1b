// That two persons are one by now: said with the way back, as long as it is fresh.
import type { Merge } from "../../shared/api-types";
import { undoMerge } from "./people.svelte";
import { p } from "./person-words.svelte";
import { toasts } from "./toasts.svelte";
import { t } from "./words.svelte";

/** `name`: of who came. */
export function tellMerged(merge: Merge, name: string): void {
  const run = (): void =>
    void undoMerge(merge, merge.winner_id, p("merges.at_once")).then(
      () => toasts.show(t("merge.undone_toast", { name })),
      (error: unknown) => toasts.failed(error),
    );
  toasts.show(t("merge.done", { name }), { label: t("action.undo"), run, undoes: true, of: `merge:${merge.id}` });
}
