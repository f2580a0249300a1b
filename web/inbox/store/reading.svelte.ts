// When a conversation counts as read: on the screen, at its end, in a tab that is looked at.
import { untrack } from "svelte";
import { on } from "svelte/events";
import { createSubscriber } from "svelte/reactivity";
import type { ConversationRow, Id } from "../../shared/api-types";
import { markRead } from "./people.svelte";

const AFTER = 600;
/** Between tries at a desk that refuses. */
const LONGEST = 60_000;

const watch = createSubscriber((change) => on(document, "visibilitychange", change));

/** `tells`: somebody there is told that it was read, once it was opened: marks for many at once tell nobody. */
export type Sight = { row: ConversationRow | undefined; lastId: Id; isAtEnd: boolean; tells: boolean };

/** Called while a component is made. What was read once and is marked unread stays so. */
export function readWhatIsSeen(look: () => Sight): void {
  let read = $state(untrack(() => ((seen) => (seen.row && !seen.row.unread ? seen.lastId : 0))(look())));
  let untold = untrack(() => read);
  let pause = AFTER;
  $effect(() => {
    const { row, lastId, isAtEnd, tells } = look();
    const isNew = row?.unread === true && lastId > read;
    if (!isAtEnd || !row || !(isNew || (tells && !row.unread && lastId === untold))) return;
    watch();
    if (document.visibilityState !== "visible") return;
    const timer = setTimeout(() => {
      const before = read;
      read = lastId;
      untold = 0;
      markRead(row, lastId).then(
        () => (pause = AFTER),
        () => ((pause = Math.min(pause * 2, LONGEST)), (read = before)),
      );
    }, pause);
    return () => clearTimeout(timer);
  });
}
