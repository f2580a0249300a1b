// What the palette offers for what was typed, in groups. `>` asks for actions alone, `@` for people, `#` for labels.
import type { Case, Id, PersonHit } from "../../shared/api-types";
import type { Command } from "../../shared/keys";
import type { Key } from "../../shared/t";
import { readWhen } from "../../shared/when";
import { filled } from "../editor/triggers";
import { toInbox } from "../router";
import { commands } from "./commands.svelte";
import { drafts } from "./drafts.svelte";
import { incidents } from "./incidents.svelte";
import { BUILT_IN, keyOf } from "./index";
import { keymap } from "./keymap.svelte";
import { labels } from "./labels.svelte";
import { lt } from "./list-words.svelte";
import { macros } from "./macros.svelte";
import { withWords } from "./part-words.svelte";
import { pagePlace } from "./place.svelte";
import { nameOf } from "./put-back";
import { joined } from "./rich";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";
import { snippets, textOf } from "./snippets.svelte";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";
import { shown, speech, t } from "./words.svelte";

export const GROUPS = ["actions", "labels", "views", "people", "threads", "canned", "settings"] as const;
export type Group = (typeof GROUPS)[number];
export type Entry = { key: string; text: string; hint?: string; keys?: string; tint?: number; personId?: Id; run: () => void };
export type Wanted = { only: "all" | "actions" | "people" | "labels"; text: string };

/** Of the conversation first, then of the list, then what leads elsewhere. */
const ACTIONS: readonly Command[] = [
  "accept", "decline", "reply", "via", "note", "toggleSolved", "solveNext", "assignMe", "assign", "label", "priority", "snooze", "find", "watch", "merge", "spam", "panel",
  "newest", "previousCase", "nextCase", "toggleUnread", "pick", "pickAll", "filter", "nextUnread", "previousUnread", "back", "undo", "search",
  "goPeople", "goDrafts", "goConnectors", "goSettings",
];
const VIEW_COMMANDS: Partial<Record<string, Command>> = {
  open: "goInbox", mine: "goMine", unassigned: "goUnassigned", mentions: "goMentions", snoozed: "goSnoozed", solved: "goSolved", all: "goAll",
};
/** They come with the settings, which are fetched in idle time. */
let pages: (typeof import("./settings-pages"))["settingsPages"] | null = $state.raw(null);
const MOST = 6;

export function readWanted(typed: string): Wanted {
  const only = typed.startsWith(">") ? "actions" : typed.startsWith("@") ? "people" : typed.startsWith("#") ? "labels" : "all";
  return { only, text: (only === "all" ? typed : typed.slice(1)).trim() };
}

export function offers({ only, text }: Wanted, people: readonly PersonHit[], openPerson: Id | null, onkeys: () => void): Record<Group, Entry[]> {
  const low = text.toLocaleLowerCase();
  const fits = (one: Entry): boolean => `${one.text} ${one.hint ?? ""}`.toLocaleLowerCase().includes(low);
  const isAll = only === "all";
  const isTyped = isAll && low !== "";
  const current = currentCase(openPerson);
  return {
    actions: isAll || only === "actions" ? [...untilThen(text, current), ...actions(onkeys).filter(fits), ...(low ? [...ofMacros(current), ...ofIncidents(current)].filter(fits) : [])] : [],
    labels: only === "labels" || (isTyped && current) ? ofLabels(current).filter(fits).slice(0, only === "labels" ? 50 : MOST) : [],
    views: isAll ? ofViews().filter(fits) : [],
    people: people.map(({ id, display_name: name, identities }) => ({ key: `p${id}`, text: name, hint: identities.join(" · "), personId: id, run: go(toInbox("all", id)) })),
    threads: isTyped ? ofRows(people).filter(fits).slice(0, MOST) : [],
    canned: isTyped && openPerson !== null && commands.find("reply") ? canned(text, openPerson) : [],
    settings: isTyped ? (pages?.() ?? []).map(({ key, href, label }) => ({ key: `s${key}`, text: label, hint: t("nav.settings"), run: go(href) })).filter(fits) : [],
  };
}

/** From then on the pages of the settings are offered as well. */
export async function wantPages(): Promise<void> {
  if (pages) return;
  const found = await withWords(() => import("./settings-pages"))();
  found.loadSettingsWords(speech.language);
  pages = found.settingsPages;
}

const go = (path: string) => (): void => pagePlace.go(path);

function actions(onkeys: () => void): Entry[] {
  const known = ACTIONS.filter((one) => commands.find(one)).map((one) => ({
    key: one, text: t(`command.${one}` as Key), keys: keymap.of(one), run: () => commands.find(one)?.(),
  }));
  return [...known, { key: "help", text: t("command.help"), keys: keymap.of("help"), run: onkeys }];
}

/** On the open case. */
function ofMacros(one: Case | undefined): Entry[] {
  if (!one) return [];
  return macros.all.map((macro) => ({
    key: `m${macro.id}`, text: macro.name, run: () => void macros.run(macro, one).catch((error: unknown) => toasts.failed(error)),
  }));
}

/** The open case goes into one, or out of it again. */
function ofIncidents(one: Case | undefined): Entry[] {
  if (!one || !session.can("cases.change")) return [];
  return incidents.all.map(({ id, title }) => {
    const isIn = one.incident_id === id;
    const run = (): void => void threads.changeCase(one, { incident_id: isIn ? null : id }).catch((error: unknown) => toasts.failed(error));
    return { key: `i${id}`, text: lt("palette.incident", { title }), hint: lt(isIn ? "label.take_off" : "label.put_on"), run };
  });
}

/** A time that was typed is until when the open case is put aside: "tomorrow 9", "明天9点", "завтра в 9". */
function untilThen(text: string, one: Case | undefined): Entry[] {
  const at = one && commands.find("snooze") ? readWhen(text, new Date()) : null;
  if (!one || !at) return [];
  const until = at.toISOString();
  const run = (): void => void threads.changeCase(one, { state: "snoozed", snoozed_until: until }).then(() => toasts.show(t("snooze.toast", { name: nameOf(one) }))).catch((error: unknown) => toasts.failed(error));
  return [{ key: "until", text: lt("palette.until", { when: shown.full(until) }), run }];
}

/** On the open case they are put and taken off; without one they are searched for. */
function ofLabels(one: Case | undefined): Entry[] {
  return labels.all.map(({ id, name, tint }) => {
    if (!one || !commands.find("label")) return { key: `l${id}`, text: name, tint, run: go(`/search?q=${encodeURIComponent(`label:"${name}"`)}`) };
    const isOn = one.label_ids.includes(id);
    const change = isOn ? { drop_labels: [id] } : { add_labels: [id] };
    const run = (): void => void threads.changeCase(one, change).catch((error: unknown) => toasts.failed(error));
    return { key: `l${id}`, text: name, tint, hint: lt(isOn ? "label.take_off" : "label.put_on"), run };
  });
}

function ofViews(): Entry[] {
  const own = BUILT_IN.map((view) => {
    const command = VIEW_COMMANDS[view];
    return { key: `v-${view}`, text: t(`view.${view}`), keys: command && keymap.of(command), run: go(toInbox(view)) };
  });
  return [...own, ...views.saved.map((one) => ({ key: `v-${one.id}`, text: one.name, hint: one.query, run: go(toInbox(keyOf(one))) }))];
}

/** Conversations that are known here by what they are about. */
function ofRows(people: readonly PersonHit[]): Entry[] {
  return [...rows.known.values()].filter((row) => !people.some((one) => one.id === row.person_id)).map((row) => ({
    key: `r${row.person_id}`, text: row.display_name, hint: row.subject || row.snippet, personId: row.person_id, run: go(toInbox(views.current, row.person_id)),
  }));
}

/** Goes to the end of what is written already. */
function canned(text: string, personId: Id): Entry[] {
  const language = threads.find(personId)?.person.language ?? speech.language;
  return snippets.find(text, language).slice(0, MOST).map((one) => {
    const said = textOf(one, language);
    const run = async (): Promise<void> => {
      const facts = await snippets.facts(personId, drafts.of(personId, "reply").placeId);
      const before = drafts.of(personId, "reply");
      const rich = filled({ text: said.text, spans: said.spans ?? [] }, facts);
      drafts.write(personId, "reply", before.text.trim() === "" ? rich : joined([before, rich]));
      commands.find("reply")?.();
    };
    return { key: `c${one.id}`, text: one.title, hint: said.text.slice(0, 80), run: () => void run().catch((error: unknown) => toasts.failed(error)) };
  });
}

function currentCase(personId: Id | null): Case | undefined {
  return personId === null ? undefined : threads.find(personId)?.cases.findLast((one) => one.state !== "solved");
}
