// Which keys an agent has chosen in place of the desk's own. Pure.
import { BINDINGS, type Binding, type Command } from "./keys";

/** `keys` holds what differs; an empty text takes a command's key away. */
export type KeyChoices = { keys: Partial<Record<Command, string>>; hasSingle: boolean };
export const OWN_KEYS: KeyChoices = { keys: {}, hasSingle: true };
const LONGEST = 24;

/** What an agent's settings say; anything else in them counts as nothing chosen. */
export function readChoices(settings: Record<string, unknown> | undefined): KeyChoices {
  const found = settings?.keys;
  if (typeof found !== "object" || found === null) return OWN_KEYS;
  const { chosen, single } = found as { chosen?: unknown; single?: unknown };
  const known = new Set<string>(BINDINGS.map((one) => one.command));
  const entries = Object.entries(typeof chosen === "object" && chosen !== null ? chosen : {}).filter(
    ([command, keys]) => known.has(command) && typeof keys === "string" && keys.length <= LONGEST,
  );
  return { keys: Object.fromEntries(entries), hasSingle: single !== false };
}

export function writeChoices(choices: KeyChoices): Record<string, unknown> {
  return { chosen: choices.keys, single: choices.hasSingle };
}

/** The keys that work. Without single keys only those with Ctrl do (WCAG 2.1.4). */
export function bindingsOf(choices: KeyChoices): Binding[] {
  return BINDINGS.map((one) => ({ ...one, keys: choices.keys[one.command] ?? one.keys })).filter(
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
    (one) =>
      one.command !== command &&
      (one.keys === keys || one.keys.startsWith(`${keys} `) || keys.startsWith(`${one.keys} `)),
  );
  return taken?.command ?? null;
}

export function withKeys(choices: KeyChoices, command: Command, keys: string): KeyChoices {
  const { [command]: _, ...others } = choices.keys;
  const own = BINDINGS.find((one) => one.command === command)?.keys;
  return { ...choices, keys: keys === own ? others : { ...others, [command]: keys } };
}
