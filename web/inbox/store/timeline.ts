// From messages to what is drawn: days, cases, the unread line, groups. Pure.
import type { Case, Delivery, Id, Message } from "../../shared/api-types";
import { dayKey } from "../../shared/fmt";

export type Entry =
  | { kind: "day"; key: string; at: string }
  | { kind: "case"; key: string; case: Case; count: number }
  | { kind: "unread"; key: string }
  | { kind: "message"; key: string; message: Message; isFollowing: boolean };

const GROUP_WITHIN = 60_000;

/** A case in which somebody has spoken is announced where it begins; a single one needs no line. */
export function entries(messages: readonly Message[], cases: readonly Case[], firstUnread: Id | null): Entry[] {
  const known = new Map(cases.map((one) => [one.id, one]));
  const counts = new Map<Id, number>();
  for (const { case_id } of messages.filter((one) => !isRecalled(one))) if (case_id !== null) counts.set(case_id, (counts.get(case_id) ?? 0) + 1);
  const out: Entry[] = [];
  let previous: Message | null = null;
  let caseId: Id | null = null;
  for (const message of messages) {
    if (isRecalled(message)) continue;
    let isBroken = false;
    if (!previous || dayKey(previous.received_at) !== dayKey(message.received_at)) {
      out.push({ kind: "day", key: `day-${message.id}`, at: message.received_at });
      isBroken = true;
    }
    const one = message.case_id === null ? undefined : known.get(message.case_id);
    if (one && one.id !== caseId) {
      if (cases.length > 1 || one.subject) {
        out.push({ kind: "case", key: `case-${one.id}-${message.id}`, case: one, count: counts.get(one.id) ?? 0 });
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
  return out;
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
