// Which keys an agent has chosen in place of the desk's own. Pure.
import { BINDINGS, type Binding, type Command } from "./keys";

/** `keys` holds what differs; an empty text takes a command's key away. */
export type KeyChoices = { keys: Partial<Record<Command, string>>; hasSingle: boolean };
export const OWN_KEYS: KeyChoices = { keys: {}, hasSingle: true };
const LONGEST = 24;
/** With Ctrl they were once kept in small letters. */
const NAMED = /(Ctrl\+)([a-z][a-z0-9]+)/g;
const NAMES = ["Enter", "Tab", "Backspace", "Delete", "Insert", "Home", "End", "PageUp", "PageDown", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
const nameOf = (small: string): string | undefined => (/^f\d+$/.test(small) ? small.toUpperCase() : NAMES.find((one) => one.toLowerCase() === small));

/** What an agent's settings say; anything else in them counts as nothing chosen. */
export function readChoices(settings: Record<string, unknown> | undefined): KeyChoices {
  const found = settings?.keys;
  if (typeof found !== "object" || found === null) return OWN_KEYS;
  const { chosen, single } = found as { chosen?: unknown; single?: unknown };
  const known = new Set<string>(BINDINGS.map((one) => one.command));
  const entries = Object.entries(typeof chosen === "object" && chosen !== null ? chosen : {})
    .filter(([command, keys]) => known.has(command) && typeof keys === "string" && keys.length <= LONGEST)
    .map(([command, keys]: [string, string]) => [command, keys.replace(NAMED, (_, control: string, name: string) => control + (nameOf(name) ?? name))]);
  return { keys: Object.fromEntries(entries), hasSingle: single !== false };
}

export function writeChoices(choices: KeyChoices): Record<string, unknown> {
  return { chosen: choices.keys, single: choices.hasSingle };
}

/**
 * The keys that work. Without single keys only those with Ctrl do (WCAG 2.1.4). What an agent has chosen is theirs: a key
 * of the desk's own that came later gives way, but for those of the composer, which has them first in any case.
 */
export function bindingsOf(choices: KeyChoices): Binding[] {
  const taken = Object.values(choices.keys).filter((keys) => keys !== "");
  const own = ({ keys, where }: Binding): string => (where !== "composer" && taken.some((one) => clashes(one, keys)) ? "" : keys);
  return BINDINGS.map((one) => ({ ...one, keys: choices.keys[one.command] ?? own(one) })).filter(
    (one) => one.keys !== "" && (choices.hasSingle || one.keys.startsWith("Ctrl+")),
  );
}

/** Keys that the field itself has: formatting, links, the clipboard, and what was typed before. */
const OF_FIELD = /^Ctrl\+(Shift\+[KVZ]|[abceikuvxyz])$/;

/** Whether a command may have these keys: while one writes, only such as write nothing. */
export function isPossible(command: Command, keys: string): boolean {
  const isWriting = BINDINGS.find((one) => one.command === command)?.where === "composer";
  return keys === "" || !isWriting || (keys.startsWith("Ctrl+") && !OF_FIELD.test(keys));
}

/** Another command that already has these keys, or whose keys begin with them or are begun by them. */
export function clash(choices: KeyChoices, command: Command, keys: string): Command | null {
  const taken = bindingsOf({ ...choices, hasSingle: true }).find(
    (one) => one.command !== command && clashes(one.keys, keys),
  );
  return taken?.command ?? null;
}

/** They are the same, or one begins with the other: both cannot work. */
function clashes(keys: string, others: string): boolean {
  return keys === others || keys.startsWith(`${others} `) || others.startsWith(`${keys} `);
}

export function withKeys(choices: KeyChoices, command: Command, keys: string): KeyChoices {
  const { [command]: _, ...others } = choices.keys;
  const own = BINDINGS.find((one) => one.command === command)?.keys;
  return { ...choices, keys: keys === own ? others : { ...others, [command]: keys } };
}
