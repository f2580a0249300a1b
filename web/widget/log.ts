import type { Ack, CatchUp, Draft, MessageView } from "./frames";

/** The conversation as the page has it, in the desk's order; `earlier`: there is more before it. */
export interface Log {
  messages: readonly MessageView[];
  earlier: boolean;
}

export const EMPTY: Log = { messages: [], earlier: false };

/**
 * The same `seq` again replaces what was there. Nothing is doubled, whatever comes twice, and what
 * was read here stays so: the desk may have looked before it was told.
 */
export function merge(log: Log, incoming: readonly MessageView[], known = log): Log {
  if (!incoming.length) return log;
  const read = new Set(known.messages.filter((one) => one.state === "read").map((one) => one.seq));
  const bySeq = new Map(log.messages.map((message) => [message.seq, message]));
  for (const one of incoming) bySeq.set(one.seq, read.has(one.seq) ? { ...one, state: "read" } : one);
  return { ...log, messages: [...bySeq.values()].sort((a, b) => a.seq - b.seq) };
}

/**
 * A replay: a fresh page replaces everything, a list of changes is merged. An own message that is
 * newer than the page was taken while the page was on its way here.
 */
export function replay(log: Log, stream: CatchUp): Log {
  if (!stream.is_reset) return merge(log, stream.messages);
  const newest = stream.messages.at(-1)?.seq ?? 0;
  const newer = log.messages.filter((message) => message.is_own && message.seq > newest);
  return merge({ messages: newer, earlier: stream.has_earlier }, stream.messages, log);
}

/** Drafts that the desk does not have yet: those whose client id stands in no own message. */
export function waiting(queue: readonly Draft[], log: Log): Draft[] {
  const known = new Set(log.messages.map((message) => message.client_id));
  return queue.filter((draft) => !known.has(draft.client_id));
}

const isAnswer = (message: MessageView) => !message.is_own && !message.is_deleted;

export function unread(log: Log): number {
  return log.messages.filter((message) => isAnswer(message) && message.state !== "read").length;
}

/** Answers of which the desk does not know yet that this page has them. */
export function undelivered(messages: readonly MessageView[]): number[] {
  return messages
    .filter((message) => isAnswer(message) && message.state === "sent")
    .map((message) => message.seq);
}

/** The newest answer up to this one, if there is anything in it that was not seen before. */
export function seenUntil(log: Log, until = Infinity): number | undefined {
  return log.messages.filter((m) => isAnswer(m) && m.state !== "read" && m.seq <= until).at(-1)?.seq;
}

/** After the desk was told: they count as seen at once, here. */
export function markRead(log: Log, until: number): Log {
  const messages = log.messages.map((message) =>
    isAnswer(message) && message.seq <= until ? { ...message, state: "read" as const } : message,
  );
  return { ...log, messages };
}

/** An own message that the desk has just taken; its stream may have brought it before. */
export function withSent(log: Log, { client_id, text, at }: Draft, { seq, files }: Ack): Log {
  if (seq === null || log.messages.some((message) => message.seq === seq)) return log;
  const own = { seq, client_id, text, files, at, is_own: true, author: "", state: "sent" as const };
  return merge(log, [{ ...own, is_edited: false, is_deleted: false }]);
}
