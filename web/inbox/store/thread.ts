// One open conversation as data, and what each event makes of it. Pure, so that it can be replayed.
import type { Case, Chapter, Conversation, Delivery, Id, Merge, Message, MessagePage, Person, Reach } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { isFolded } from "./chapters";

export type Thread = Omit<Conversation, "row"> & {
  messages: readonly Message[];
  hasBefore: boolean;
  hasAfter: boolean;
  /** Solved cases that may be folded, and which of them are: none of their lines is in `messages`. */
  chapters: readonly Chapter[];
  folded: readonly Id[];
};

/** The most messages one page keeps in the document. */
export const WINDOW = 300;

/** The most that one keeps which nobody looks at. */
const ASIDE = 60;

export function toThread(conversation: Conversation, page: MessagePage): Thread {
  const { person, cases, reach, merges, position } = conversation;
  const chapters = page.chapters ?? [];
  return {
    person, cases: cases.filter(standsForItself), reach, merges, position,
    messages: page.messages,
    hasBefore: page.has_before,
    hasAfter: page.has_after,
    chapters,
    folded: chapters.filter((one) => one.is_folded).map((one) => one.case_id),
  };
}

/** True if the event has a row newer than the answer's. */
export const bringsNewer = ({ row, position }: Conversation, event: FeedEvent): boolean =>
  "row" in event && event.row?.person_id === row.person_id && event.position > position;

/** True if the event may change this thread. */
export function concerns(thread: Thread, event: FeedEvent): boolean {
  return (
    event.person_id !== null &&
    (event.person_id === thread.person.id || thread.person.member_ids.includes(event.person_id))
  );
}

/** The thread after the event. Applying one twice changes nothing: each carries the state, not a step. */
export function applyEvent(thread: Thread, event: FeedEvent): Thread {
  switch (event.kind) {
    case "message.created":
      // With a gap below, or folded, it will be fetched when the reader gets there.
      return noteInCase(isAway(thread, event.message) ? thread : putMessage(thread, event.message), event.message);
    case "message.changed":
      return has(thread, event.message.id) ? putMessage(thread, event.message) : thread;
    case "delivery.changed":
      return putDelivery(thread, event.delivery);
    case "case.changed":
      return putCase(thread, event.case);
    case "person.changed":
      // Who was just taken out still counts as a member here, until the word of the split comes.
      return event.person.member_ids.includes(thread.person.id) ? putPerson(thread, event.person) : thread;
    default:
      return thread;
  }
}

/** The thread after the event, and true up to there. */
export function heard(thread: Thread, event: FeedEvent): Thread {
  return { ...applyEvent(thread, event), position: Math.max(thread.position, event.position) };
}

function isAway(thread: Thread, { id, case_id }: Message): boolean {
  return !has(thread, id) && (thread.hasAfter || isFolded(thread, case_id));
}

export function putMessage(thread: Thread, message: Message): Thread {
  const at = thread.messages.findIndex((known) => known.id >= message.id);
  const messages = [...thread.messages];
  if (at < 0) messages.push(message);
  else messages.splice(at, messages[at]?.id === message.id ? 1 : 0, message);
  return noteInbound({ ...thread, messages }, message);
}

/** The newest that was said in a case; lines about what happened don't count. */
function noteInCase(thread: Thread, message: Message): Thread {
  const isNewer = (one: Case): boolean => one.id === message.case_id && (one.last_message_id ?? 0) < message.id;
  if (message.direction === "event" || !thread.cases.some(isNewer)) return thread;
  return { ...thread, cases: thread.cases.map((one) => (isNewer(one) ? { ...one, last_message_id: message.id } : one)) };
}

/** What the desk answered to a call. The feed may have been quicker, and told what happened since: that stays. */
export function putAnswer(thread: Thread, answer: Message): Thread {
  const known = thread.messages.find((one) => one.id === answer.id);
  if (!known) return putMessage(thread, answer);
  const isOld = answer.revision < known.revision || (known.deleted_at !== null && answer.deleted_at === null);
  if (isOld) return thread;
  const deliveries = answer.deliveries.map((one) => later(known.deliveries.find((other) => other.id === one.id), one));
  return putMessage(thread, { ...answer, deliveries });
}

function later(known: Delivery | undefined, answered: Delivery): Delivery {
  return known && Date.parse(known.state_at) >= Date.parse(answered.state_at) ? known : answered;
}

/** A fresh word from somebody moves their place to the front of what the composer offers. */
function noteInbound(thread: Thread, message: Message): Thread {
  if (message.direction !== "in" || message.place_id === null) return thread;
  const named = thread.reach.find((reach) => reach.place_id === message.place_id);
  const known = named?.same_as ? thread.reach.find((reach) => reach.place_id === named.same_as) : named;
  if (!known || (known.last_inbound_at ?? "") >= message.received_at) return thread;
  const others = thread.reach.filter((one) => one !== known);
  const first = { ...known, last_inbound_at: message.received_at };
  return { ...thread, reach: withDefault([first, ...others]) };
}

/** The default is where they last wrote, else what they prefer, else the first that is open: as the server has it. */
function withDefault(reach: readonly Reach[]): Reach[] {
  const isOpen = (one: Reach): boolean => one.is_available && !one.same_as;
  const preferred = reach.findIndex((one) => isOpen(one) && one.is_preferred);
  const first = reach.findIndex(isOpen);
  const open = first > 0 && preferred > 0 ? preferred : first;
  return reach.map((one, at) => (one.is_default === (at === open) ? one : { ...one, is_default: at === open }));
}

export function putDelivery(thread: Thread, delivery: Delivery): Thread {
  const message = thread.messages.find((one) => one.id === delivery.message_id);
  if (!message) return thread;
  const deliveries = [...message.deliveries.filter((one) => one.id !== delivery.id), delivery].sort(
    (one, other) => one.part - other.part || one.id - other.id,
  );
  return putMessage(thread, { ...message, deliveries });
}

/** Of merged cases only the one that stands for all is shown. */
const standsForItself = (one: Case): boolean => !one.merged_into_id;

export function putCase(thread: Thread, changed: Case): Thread {
  const cases = [...thread.cases.filter((one) => one.id !== changed.id), ...[changed].filter(standsForItself)];
  return { ...thread, cases: cases.sort((one, other) => one.id - other.id) };
}

export function putPerson(thread: Thread, person: Person): Thread {
  return { ...thread, person };
}

export function putMerge(thread: Thread, merge: Merge): Thread {
  const merges = [...thread.merges.filter((one) => one.id !== merge.id), merge];
  return { ...thread, merges: merges.sort((one, other) => one.id - other.id) };
}

/** Without the oldest once the window is full: a page that stays open where many speak keeps no more than one that is scrolled. */
export function newest(thread: Thread, most = WINDOW): Thread {
  return thread.messages.length < most ? thread : { ...thread, messages: thread.messages.slice(-Math.floor(most * 0.8)), hasBefore: true };
}

/** While another one is read it keeps about a page: many who write much would fill the memory with what nobody looks at. */
export const aside = (thread: Thread): Thread => (thread.hasAfter ? thread : newest(thread, ASIDE));

/** Without what came in beyond a full window: who reads further up is told how many, and fetches them there. */
export function within(thread: Thread, most = WINDOW): Thread {
  return thread.messages.length <= most ? thread : { ...thread, messages: thread.messages.slice(0, most), hasAfter: true };
}

/** Older messages on top. The far end is cut when the window is full. */
export function prepend(thread: Thread, page: MessagePage): Thread {
  const first = thread.messages[0]?.id ?? Infinity;
  const joined = [...page.messages.filter((one) => one.id < first), ...thread.messages];
  const cut = joined.length > WINDOW;
  return {
    ...thread,
    messages: cut ? joined.slice(0, WINDOW) : joined,
    hasBefore: page.has_before,
    hasAfter: thread.hasAfter || cut,
  };
}

export function append(thread: Thread, page: MessagePage): Thread {
  const last = thread.messages.at(-1)?.id ?? 0;
  const joined = [...thread.messages, ...page.messages.filter((one) => one.id > last)];
  const cut = joined.length > WINDOW;
  return {
    ...thread,
    messages: cut ? joined.slice(-WINDOW) : joined,
    hasBefore: thread.hasBefore || cut,
    hasAfter: page.has_after,
  };
}

/** A person changes with their places, too: one that was closed, or is open again. */
export function changesReach(thread: Thread, event: FeedEvent): boolean {
  return event.kind === "person.changed" || (event.kind === "message.created" && isFromNewPlace(thread, event.message));
}

function isFromNewPlace(thread: Thread, message: Message): boolean {
  // A closed place may have been opened by what was said there, too.
  const known = thread.reach.find((reach) => reach.place_id === message.place_id);
  return message.place_id !== null && known?.is_available !== true;
}

/** Somebody wrote from a place that is not known yet: where an answer will go is not certain before it is. */
export function isBehind(thread: Thread): boolean {
  const last = thread.messages.findLast((one) => one.direction === "in");
  return typeof last?.place_id === "number" && !thread.reach.some((one) => one.place_id === last.place_id);
}

export function has(thread: Thread, id: Id): boolean {
  return thread.messages.some((message) => message.id === id);
}

/** The newest message that is not of this agent: what a reply is written in answer to. What is folded was seen. */
export function newestOfOthers(thread: Thread, agentId: Id): Id | undefined {
  const newest = thread.messages.findLast(
    (one) => (one.direction !== "event" || one.joined !== null) && !(one.author.kind === "agent" && one.author.id === agentId),
  );
  const ends = thread.chapters.filter((one) => isFolded(thread, one.case_id)).map((one) => one.last_message_id);
  return newest || ends.length > 0 ? Math.max(newest?.id ?? 0, ...ends) : undefined;
}
