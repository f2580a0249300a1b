// How an agent sends: by which key, and whether writing takes a case on. Pure; kept in the agent's settings.
export type Sending = {
  /** Enter sends where the channel is quick; letters always want Ctrl+Enter. */
  enterSends: boolean;
  /** The first key of an answer makes an unowned case one's own. */
  claims: boolean;
};

export function readSending(settings: Record<string, unknown> | undefined): Sending {
  const kept = (typeof settings?.sending === "object" && settings.sending !== null ? settings.sending : {}) as Record<string, unknown>;
  return { enterSends: kept.enterSends === true, claims: kept.claims === true };
}

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey" | "isComposing" | "keyCode">;

/** Whether Enter by itself sends what is written. While an input method composes (229 where a browser says so late), Enter chooses a word. */
export function sendsOn(press: Press, { enterSends, isLetter }: { enterSends: boolean; isLetter: boolean }): boolean {
  if (press.isComposing || press.keyCode === 229 || press.key !== "Enter" || press.altKey) return false;
  return enterSends && !isLetter && !press.shiftKey && !press.ctrlKey && !press.metaKey;
}
