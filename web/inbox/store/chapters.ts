// Solved cases of a conversation, folded to a line each until somebody opens them. Pure.
import type { Chapter, Id } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import type { Thread } from "./thread";

export function isFolded(thread: Thread, caseId: Id | null): boolean {
  return caseId !== null && thread.folded.includes(caseId);
}

/** Those whose lines are here, or have been taken out by hand. */
export function openedOf(thread: Thread | undefined): Id[] {
  return thread ? thread.chapters.map((one) => one.case_id).filter((id) => !thread.folded.includes(id)) : [];
}

/**
 * A case whose lines are missing here and have to be fetched: a folded one, because something was said in it or it is
 * not solved any more or one with another; or one to which a message came out of a folded one.
 * The feed may begin before the moment at which the page was read: what was known then opens nothing.
 */
export function reopened(thread: Thread, event: FeedEvent): Id | null {
  if (event.kind === "case.changed") {
    const { id, state, merged_into_id: mergedInto, revision } = event.case;
    const isOld = thread.cases.some((one) => one.id === id && one.revision > revision);
    return (state !== "solved" || mergedInto) && !isOld && isFolded(thread, id) ? id : null;
  }
  if (event.kind === "message.changed") {
    const { id, case_id: caseId } = event.message;
    const isHere = thread.messages.some((one) => one.id === id);
    return thread.folded.length === 0 || isHere || !isWithin(thread, id) || isFolded(thread, caseId) ? null : caseId;
  }
  if (event.kind !== "message.created" || event.message.direction === "event") return null;
  const { id, case_id } = event.message;
  const isOld = thread.chapters.some((one) => one.case_id === case_id && one.last_message_id >= id);
  return !isOld && isFolded(thread, case_id) ? case_id : null;
}

export function opened(thread: Thread, caseId: Id): Thread {
  return { ...thread, folded: thread.folded.filter((id) => id !== caseId) };
}

/** Its lines are gone from the page, its place stays. */
export function folded(thread: Thread, caseId: Id): Thread {
  if (isFolded(thread, caseId)) return thread;
  return { ...thread, folded: [...thread.folded, caseId], messages: thread.messages.filter((one) => one.case_id !== caseId) };
}

/** The folded ones that stand within what is here of the conversation, in their order. */
export function between(thread: Thread): Chapter[] {
  return thread.chapters.filter(({ case_id, last_message_id: last }) => isFolded(thread, case_id) && isWithin(thread, last));
}

/** Whether a message that is not folded would be here. */
function isWithin({ messages, hasBefore, hasAfter }: Thread, id: Id): boolean {
  const from = hasBefore ? (messages[0]?.id ?? Infinity) : 0;
  const until = hasAfter ? (messages.at(-1)?.id ?? 0) : Infinity;
  return id >= from && id <= until;
}
