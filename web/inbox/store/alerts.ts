// What an agent wants to be told of while looking elsewhere, and what is said of it. Pure.
import type { Id, Message } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { rings } from "./ringing";

export const KINDS = ["assigned", "mention", "mine", "watched", "due"] as const;
/** A case was given to them; a note names them; somebody wrote in a case of theirs; something was said where they watch; what is owed is due. */
export type AlertKind = (typeof KINDS)[number];
export type Quiet = { from: string; until: string };
export type AlertChoices = {
  isOn: boolean;
  kinds: Readonly<Record<AlertKind, boolean>>;
  quiet: Quiet | null;
  hasSound: boolean;
  /** Without it a notification says how many, and not who and what: others may see the screen. */
  showsText: boolean;
};
export type AlertChanges = Partial<Omit<AlertChoices, "kinds">> & { kinds?: Partial<AlertChoices["kinds"]> };
export type Alert = { kind: AlertKind; personId: Id; name: string; author: string; text: string; isDanger?: true; isDue?: true };
/** What one person's alerts of a while become: the newest, or the newest danger, and how many there were. */
export type Heap = { personId: Id; newest: Alert; count: number };

export const OWN_CHOICES: AlertChoices = {
  isOn: false,
  kinds: { assigned: true, mention: true, mine: true, watched: true, due: true },
  quiet: null,
  hasSound: true,
  showsText: true,
};
/** More people than this at once are told of together. */
export const MOST_APART = 3;
const LONGEST_TEXT = 160;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** The agent's settings as choices: whatever is not there, or is no choice, is as we have it. */
export function readAlerts(settings: Record<string, unknown> | undefined): AlertChoices {
  const kept = asRecord(settings?.alerts);
  const kinds = asRecord(kept.kinds);
  const quiet = asRecord(kept.quiet);
  const flag = (value: unknown, own: boolean): boolean => (typeof value === "boolean" ? value : own);
  return {
    isOn: flag(kept.is_on, OWN_CHOICES.isOn),
    kinds: {
      assigned: flag(kinds.assigned, true),
      mention: flag(kinds.mention, true),
      mine: flag(kinds.mine, true),
      watched: flag(kinds.watched, true),
      // Chosen together with what names them, until each was a choice of its own.
      due: flag(kinds.due, flag(kinds.mention, true)),
    },
    quiet: isTime(quiet.from) && isTime(quiet.until) ? { from: quiet.from, until: quiet.until } : null,
    hasSound: flag(kept.has_sound, OWN_CHOICES.hasSound),
    showsText: flag(kept.shows_text, OWN_CHOICES.showsText),
  };
}

export function writeAlerts({ isOn, kinds, quiet, hasSound, showsText }: AlertChoices): Record<string, unknown> {
  return { is_on: isOn, kinds, quiet, has_sound: hasSound, shows_text: showsText };
}

/** The choices with some of them changed; each kind is a choice of its own. */
export function changed(choices: AlertChoices, { kinds, ...changes }: AlertChanges): AlertChoices {
  return { ...choices, ...changes, kinds: { ...choices.kinds, ...kinds } };
}

/** What this event is to this agent, if it is of a kind. Nobody is told of what they did themselves. */
export function alertOf(event: FeedEvent, agentId: Id, watches: (id: Id) => boolean = () => false): Alert | null {
  if (event.kind !== "message.created") return null;
  const { message, row } = event;
  if (message.author.kind === "agent" && message.author.id === agentId) return null;
  const about = {
    personId: row?.person_id ?? message.person_id,
    name: row?.display_name ?? message.author.name,
    author: message.joined?.name ?? message.author.name,
    text: message.text.slice(0, LONGEST_TEXT),
  };
  if (tellsOfDanger(message, agentId)) return { kind: "mention", ...about, text: row?.subject ?? "", isDanger: true };
  if (tellsOfDeadline(message, agentId)) return { kind: "due", ...about, text: row?.subject ?? "", isDue: true };
  if (message.mentions.includes(agentId)) return { kind: "mention", ...about };
  if (message.event?.event === "case_assigned" && message.event.owner_id === agentId) return { kind: "assigned", ...about, text: row?.subject ?? "" };
  if (row?.owner?.id === agentId && rings(message, row)) return { kind: "mine", ...about };
  // Of what they watch, what colleagues say is news as well; what a blocked person writes rings nowhere.
  if (watches(about.personId) && (message.direction === "in" ? rings(message, row) : message.direction !== "event")) return { kind: "watched", ...about };
  return null;
}

const DANGERS: readonly unknown[] = ["danger_told", "danger_escalated"];
const DEADLINES: readonly unknown[] = ["deadline_near", "deadline_passed", "deadline_escalated"];

/** A line that tells this agent of a danger in its case. */
export const tellsOfDanger = ({ event }: Message, agentId: Id): boolean => DANGERS.includes(event?.event) && names(event, agentId);

/** A line that tells this agent of what is due, or late, in its case. */
export const tellsOfDeadline = ({ event }: Message, agentId: Id): boolean => DEADLINES.includes(event?.event) && names(event, agentId);

const names = (event: Message["event"], agentId: Id): boolean => Array.isArray(event?.told) && event.told.includes(agentId);

/** True between the two times of the day, past midnight too. The same time twice is no time at all. */
export function isQuiet(quiet: Quiet | null, now: Date): boolean {
  if (!quiet) return false;
  const at = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  return quiet.from <= quiet.until ? quiet.from <= at && at < quiet.until : at >= quiet.from || at < quiet.until;
}

/** What is new laid on what was told of the same people and not looked at since: nothing covers a danger. */
export function heaped(told: ReadonlyMap<Id, Heap>, fresh: readonly Alert[]): Heap[] {
  const heaps = new Map<Id, Heap>();
  for (const alert of fresh) {
    const before = heaps.get(alert.personId) ?? told.get(alert.personId);
    heaps.set(alert.personId, { personId: alert.personId, newest: alert.isDanger || !before?.newest.isDanger ? alert : before.newest, count: (before?.count ?? 0) + 1 });
  }
  return [...heaps.values()];
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && TIME.test(value);
}
