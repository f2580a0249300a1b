/** What a page tells the chat. Put this file beside your own types; the chat itself is a script. */

export interface OnethreadTheme {
  mode?: "auto" | "light" | "dark";
  /** #rrggbb. The text on it is chosen so that it can be read. */
  accent?: string;
  /** #rrggbb. With it go `text`, which is put right where nobody could read it, and `line`. */
  surface?: string;
  text?: string;
  line?: string;
  /** A length, such as 8px. */
  radius?: string;
  /** A list of families that the page has. */
  font?: string;
}

export interface OnethreadMessage {
  seq: number;
  is_own: boolean;
  text: string;
  author: string;
  /** ISO 8601. */
  at: string;
}

export interface OnethreadHappenings {
  ready: undefined;
  open: undefined;
  close: undefined;
  /** An answer has come. */
  message: OnethreadMessage;
  /** How many answers were not seen yet. */
  unread: number;
  /** The signed token was not taken: identify again. */
  expired: undefined;
}

/** A signed token, or what fetches a fresh one: it is asked again whenever one is needed. */
export type OnethreadIdentity = string | (() => string | Promise<string>);

export interface OnethreadCommands {
  open(): void;
  close(): void;
  identify(identity: OnethreadIdentity): void;
  /** At signing out: the session ends, and its words and files leave this browser. */
  logout(): void;
  /** `words`: of a language that the chat does not have; what they lack stays English. */
  setLocale(locale: string, words?: Record<string, string>): void;
  setTheme(theme: "auto" | "light" | "dark" | OnethreadTheme): void;
  prefill(text: string): void;
  on<Name extends keyof OnethreadHappenings>(name: Name, listener: (value: OnethreadHappenings[Name]) => void): void;
  /** Takes the chat off the page; what was said stays with the desk. */
  destroy(): void;
}

export type OnethreadCommand = {
  [Name in keyof OnethreadCommands]: [name: Name, ...values: Parameters<OnethreadCommands[Name]>];
}[keyof OnethreadCommands];

/** An array until the script is there; then the chat, which carries out what waits in it. */
export interface Onethread extends OnethreadCommands {
  push(command: OnethreadCommand): void;
}

declare global {
  interface Window {
    onethread?: Onethread | OnethreadCommand[];
  }
}
