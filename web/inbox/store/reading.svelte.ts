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

export type Sight = { row: ConversationRow | undefined; lastId: Id; isAtEnd: boolean };

/** Called while a component is made. What was read once and is marked unread stays so. */
export function readWhatIsSeen(look: () => Sight): void {
  let read = $state(untrack(() => ((seen) => (seen.row && !seen.row.unread ? seen.lastId : 0))(look())));
  let pause = AFTER;
  $effect(() => {
    const { row, lastId, isAtEnd } = look();
    if (!isAtEnd || !row?.unread || lastId <= read) return;
    watch();
    if (document.visibilityState !== "visible") return;
    const timer = setTimeout(() => {
      const before = read;
      read = lastId;
      markRead(row, lastId).then(
        () => (pause = AFTER),
        () => ((pause = Math.min(pause * 2, LONGEST)), (read = before)),
      );
    }, pause);
    return () => clearTimeout(timer);
  });
}
