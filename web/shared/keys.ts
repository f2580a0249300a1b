// Every key of the inbox in one table: what it does, where it works. Pure; the listener is in the inbox.

export type Command =
  | "palette" | "search" | "help" | "goInbox" | "goMine" | "goUnassigned" | "goSolved" | "goPeople" | "goConnectors" | "goSettings"
  | "next" | "previous" | "nextUnread" | "previousUnread" | "open" | "back" | "pick" | "pickRange" | "pickAll" | "toggleUnread"
  | "goSnoozed" | "goMentions" | "goAll" | "assign" | "label" | "priority" | "spam" | "reply" | "note" | "toggleSolved" | "assignMe" | "panel" | "merge" | "newest" | "undo" | "snooze" | "goDrafts"
  | "previousCase" | "nextCase" | "find" | "watch" | "accept" | "decline" | "solveNext" | "via" | "send" | "sendSolve" | "channel" | "otherKind" | "filter";
export type Where = "anywhere" | "list" | "conversation" | "composer";
export type Binding = { keys: string; command: Command; where: Where };

export const BINDINGS: readonly Binding[] = [
  { keys: "Ctrl+k", command: "palette", where: "anywhere" },
  { keys: "/", command: "search", where: "anywhere" },
  { keys: "?", command: "help", where: "anywhere" },
  { keys: "g i", command: "goInbox", where: "anywhere" },
  { keys: "g m", command: "goMine", where: "anywhere" },
  { keys: "g u", command: "goUnassigned", where: "anywhere" },
  { keys: "g n", command: "goMentions", where: "anywhere" },
  { keys: "g s", command: "goSnoozed", where: "anywhere" },
  { keys: "g e", command: "goSolved", where: "anywhere" },
  { keys: "g a", command: "goAll", where: "anywhere" },
  { keys: "g d", command: "goDrafts", where: "anywhere" },
  { keys: "z", command: "undo", where: "anywhere" },
  { keys: "g p", command: "goPeople", where: "anywhere" },
  { keys: "g c", command: "goConnectors", where: "anywhere" },
  { keys: "g ,", command: "goSettings", where: "anywhere" },
  { keys: "o a", command: "accept", where: "anywhere" },
  { keys: "o d", command: "decline", where: "anywhere" },
  { keys: "j", command: "next", where: "list" },
  { keys: "k", command: "previous", where: "list" },
  { keys: "Shift+J", command: "nextUnread", where: "list" },
  { keys: "Shift+K", command: "previousUnread", where: "list" },
  { keys: "Enter", command: "open", where: "list" },
  { keys: "u", command: "back", where: "list" },
  { keys: "x", command: "pick", where: "list" },
  { keys: "Shift+X", command: "pickRange", where: "list" },
  { keys: "* a", command: "pickAll", where: "list" },
  { keys: "Shift+U", command: "toggleUnread", where: "list" },
  { keys: "Shift+F", command: "filter", where: "list" },
  { keys: "r", command: "reply", where: "conversation" },
  { keys: "n", command: "note", where: "conversation" },
  { keys: "v", command: "via", where: "conversation" },
  { keys: "e", command: "toggleSolved", where: "conversation" },
  { keys: "Shift+E", command: "solveNext", where: "conversation" },
  { keys: "h", command: "snooze", where: "conversation" },
  { keys: "a", command: "assign", where: "conversation" },
  { keys: "Shift+A", command: "assignMe", where: "conversation" },
  { keys: "l", command: "label", where: "conversation" },
  { keys: "p", command: "priority", where: "conversation" },
  { keys: "!", command: "spam", where: "conversation" },
  { keys: "i", command: "panel", where: "conversation" },
  { keys: "m", command: "merge", where: "conversation" },
  { keys: "G", command: "newest", where: "conversation" },
  { keys: "f", command: "find", where: "conversation" },
  { keys: "w", command: "watch", where: "conversation" },
  { keys: "[", command: "previousCase", where: "conversation" },
  { keys: "]", command: "nextCase", where: "conversation" },
  { keys: "Ctrl+Enter", command: "send", where: "composer" },
  { keys: "Ctrl+Shift+Enter", command: "sendSolve", where: "composer" },
  { keys: "Ctrl+/", command: "channel", where: "composer" },
  { keys: "Ctrl+Shift+N", command: "otherKind", where: "composer" },
];

export type Pressed = {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
};

/** The stroke as the table writes it. Letters go by position where the layout is not Latin, so J works as О. */
export function strokeOf(event: Pressed): string | null {
  if (event.altKey) return null;
  const control = event.ctrlKey || event.metaKey;
  let key = event.key;
  if (key.length === 1 && !/^[\x20-\x7e]$/.test(key)) {
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
    if (letter) key = event.shiftKey ? letter : letter.toLowerCase();
    else if (event.code === "Slash") key = event.shiftKey ? "?" : "/";
    else if (event.code === "BracketLeft") key = event.shiftKey ? "{" : "[";
    else if (event.code === "BracketRight") key = event.shiftKey ? "}" : "]";
    else return null;
  }
  if (control && event.shiftKey && (key.length > 1 || /[a-z]/i.test(key))) return `Ctrl+Shift+${key.length > 1 ? key : key.toUpperCase()}`;
  if (control) return `Ctrl+${key.length > 1 ? key : key.toLowerCase()}`;
  if (/^[A-Z]$/.test(key) && event.shiftKey && key !== "G") return `Shift+${key}`;
  return key;
}

/** Follows strokes, so that `g` and then `i` is one command. A pause of 1.5 s forgets the first. */
export class KeyReader {
  #first: string | null = null;
  #at = 0;
  /** Asked at every stroke, so that a key that was changed works at once. */
  readonly #bindings: () => readonly Binding[];

  constructor(bindings: () => readonly Binding[] = () => BINDINGS) {
    this.#bindings = bindings;
  }

  read(stroke: string, now: number): Command | "waiting" | null {
    const chord = this.#first !== null && now - this.#at < 1500 ? `${this.#first} ${stroke}` : null;
    this.#first = null;
    for (const wanted of [chord, stroke]) {
      const found = wanted === null ? undefined : this.#bindings().find((binding) => binding.keys === wanted);
      if (found) return found.command;
    }
    if (this.#bindings().some((binding) => binding.keys.startsWith(`${stroke} `))) {
      this.#first = stroke;
      this.#at = now;
      return "waiting";
    }
    return null;
  }
}

/** The keys of a command, for the palette and the list of keys. */
export function keysOf(command: Command, bindings: readonly Binding[] = BINDINGS): string {
  return bindings.find((binding) => binding.command === command)?.keys ?? "";
}
