// From messages to what is drawn: days, cases, the unread line, groups. Pure.
import type { Case, Chapter, Delivery, Id, Message } from "../../shared/api-types";
import { dayKey } from "../../shared/fmt";

export type Entry =
  | { kind: "day"; key: string; at: string }
  | { kind: "case"; key: string; case: Case; count: number | null; isFolded: boolean; mayFold: boolean; isAgain: boolean }
  | { kind: "unread"; key: string }
  | { kind: "message"; key: string; message: Message; isFollowing: boolean };

const GROUP_WITHIN = 60_000;

/** What of the conversation is drawn beside its messages. */
export type Outline = {
  /** Solved cases, whose messages are counted by the server. */
  chapters: readonly Chapter[];
  /** Those that stand here as a line only. */
  folded: readonly Chapter[];
  /** All messages are here, so that they can be counted. */
  isWhole: boolean;
};
const NO_OUTLINE: Outline = { chapters: [], folded: [], isWhole: true };

/** A case in which somebody has spoken is announced where it begins, and where it goes on after another one; a single one needs no line. */
export function entries(messages: readonly Message[], cases: readonly Case[], firstUnread: Id | null, outline = NO_OUTLINE): Entry[] {
  const said = messages.filter((one) => !isRecalled(one));
  const known = new Map(cases.map((one) => [one.id, one]));
  const count = counter(said, outline);
  const out: Entry[] = [];
  const folded = [...outline.folded];
  const foldUpTo = (id: Id): boolean => {
    const end = folded.findIndex((one) => one.last_message_id > id);
    const before = folded.splice(0, end < 0 ? folded.length : end);
    for (const { case_id } of before) {
      const one = known.get(case_id);
      if (one) out.push({ kind: "case", key: `folded-${case_id}`, case: one, count: count(case_id), isFolded: true, mayFold: true, isAgain: false });
    }
    return before.length > 0;
  };
  let previous: Message | null = null;
  let caseId: Id | null = null;
  const told = new Set<Id>();
  for (const message of said) {
    let isBroken = foldUpTo(message.id);
    if (!previous || dayKey(previous.received_at) !== dayKey(message.received_at)) {
      out.push({ kind: "day", key: `day-${message.id}`, at: message.received_at });
      isBroken = true;
    }
    const one = message.case_id === null ? undefined : known.get(message.case_id);
    if (one && one.id !== caseId) {
      if (cases.length > 1 || one.subject) {
        // It is counted, and folded, where it is first told of.
        const isAgain = told.has(one.id);
        const mayFold = !isAgain && outline.chapters.some((chapter) => chapter.case_id === one.id);
        out.push({ kind: "case", key: `case-${one.id}-${message.id}`, case: one, count: isAgain ? null : count(one.id), isFolded: false, mayFold, isAgain });
        told.add(one.id);
        isBroken = true;
      }
      caseId = one.id;
    }
    if (message.id === firstUnread) {
      out.push({ kind: "unread", key: "unread" });
      isBroken = true;
    }
    const isFollowing = !isBroken && previous !== null && follows(previous, message);
    out.push({ kind: "message", key: `m-${message.id}`, message, isFollowing });
    previous = message;
  }
  foldUpTo(Infinity);
  return out;
}

/** How many messages a case has; null where not all of them are here and nobody counted. */
function counter(said: readonly Message[], { chapters, isWhole }: Outline): (caseId: Id) => number | null {
  const told = new Map(chapters.map((one) => [one.case_id, one.count]));
  const here = new Map<Id, number>();
  for (const { case_id, direction } of said) if (case_id !== null && direction !== "event") here.set(case_id, (here.get(case_id) ?? 0) + 1);
  return (caseId) => (isWhole ? here.get(caseId) : undefined) ?? told.get(caseId) ?? (isWhole ? 0 : null);
}

/** The lines of now, and each that says what it said before as what it was: nothing of it is drawn again. */
export function kept(before: readonly Entry[], now: readonly Entry[]): readonly Entry[] {
  const known = new Map(before.map((one) => [one.key, one]));
  return now.map((one) => {
    const was = known.get(one.key);
    return was && says(was, one) ? was : one;
  });
}

function says<T extends object>(was: T, one: T): boolean {
  return (Object.keys(one) as (keyof T)[]).every((name) => was[name] === one[name]);
}

/** What is in sight when a conversation opens: at the unread line, else at the end. The rest can be drawn a moment later. */
export function opening(lines: readonly Entry[], most: number): readonly Entry[] {
  const unread = lines.findIndex((one) => one.kind === "unread");
  const from = unread < 0 ? lines.length - most : Math.min(unread - 1, lines.length - most);
  return lines.slice(Math.max(0, from), Math.max(0, from) + most);
}

/** True if the message continues the one before it: same voice, same place, same minute, nothing special. */
export function follows(previous: Message, message: Message): boolean {
  return (
    previous.direction === message.direction &&
    message.direction !== "event" &&
    previous.author.kind === message.author.kind &&
    previous.author.id === message.author.id &&
    previous.place_id === message.place_id &&
    previous.identity_id === message.identity_id &&
    previous.is_claimed === message.is_claimed &&
    previous.level === message.level &&
    message.subject === previous.subject &&
    message.warnings.length === 0 &&
    !hasTrouble(message) &&
    !hasTrouble(previous) &&
    Date.parse(message.received_at) - Date.parse(previous.received_at) < GROUP_WITHIN
  );
}

/** Taken back before any of it went out: it was never said. */
export function isRecalled({ direction, deleted_at, deliveries }: Message): boolean {
  const sent = direction === "out" && deleted_at !== null ? sends(deliveries) : [];
  return sent.length > 0 && sent.every((one) => one.state === "cancelled") && sent.some((one) => one.code === "recalled");
}

export function hasTrouble(message: Message): boolean {
  return message.deliveries.some((one) => one.state === "failed" || one.state === "unknown");
}

/** What was sent, without what was changed of it later. */
export function sends(deliveries: readonly Delivery[]): Delivery[] {
  return deliveries.filter((one) => one.kind === "send");
}

/** The changes and deletions that count: of each part the newest, without those that were let be. */
export function standing(deliveries: readonly Delivery[]): Delivery[] {
  const newest = new Map<number, Delivery>();
  for (const one of deliveries) {
    if (one.kind !== "send" && (newest.get(one.part)?.id ?? 0) < one.id) newest.set(one.part, one);
  }
  return [...newest.values()].filter((one) => one.state !== "cancelled");
}

/** The state worth showing of a message in several parts: the worst, else the least far. */
export function worst<T extends { state: string }>(deliveries: readonly T[]): T | null {
  const rank = ["unknown", "failed", "held", "queued", "sending", "sent", "delivered", "read", "cancelled"];
  return deliveries.reduce<T | null>(
    (found, one) => (!found || rank.indexOf(one.state) < rank.indexOf(found.state) ? one : found),
    null,
  );
}
