// Copies of a reply: reading what was typed, and who might want one. Pure.
import type { Message } from "../../shared/api-types";

export type Copy = {
  /** As typed until the server has said whom it means, then the handle. */
  address: string;
  name: string;
  isHidden: boolean;
  state: "asking" | "known" | "refused";
  problem: string;
};
export type Typed = { address: string; name: string };

/** The most that the server takes. */
export const MOST_COPIES = 50;

/** One or many, as they are typed or pasted: `Bea <bea@x>, carl@y; dora@z`. */
export function readTyped(text: string): Typed[] {
  return text
    .split(/[,;\n]+/)
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => {
      const named = /^(.*)<([^<>]*)>$/.exec(one);
      if (!named) return { address: one, name: "" };
      return { address: (named[2] ?? "").trim(), name: (named[1] ?? "").trim().replace(/^"(.*)"$/, "$1") };
    });
}

/** Whoever else the newest word there was addressed to, open to all of them, and has no copy yet. */
export function suggestions(
  messages: readonly Message[],
  placeId: number | undefined,
  recipient: string,
  copies: readonly Copy[],
): Typed[] {
  const newest = messages.findLast(
    (one) => one.place_id === placeId && (one.direction === "in" || one.direction === "out"),
  );
  const taken = new Set([recipient, ...copies.map((one) => one.address)]);
  return (newest?.participants ?? [])
    .filter((one) => (one.role === "cc" || one.role === "to") && !taken.has(one.handle))
    .map((one) => ({ address: one.handle, name: one.shown_as ?? "" }));
}

/** What an added one does to the row: nobody twice, and who is named openly stays so. */
export function withCopy(copies: readonly Copy[], copy: Copy): Copy[] {
  const known = copies.find((one) => one.address === copy.address);
  if (known && known.isHidden === copy.isHidden) return [...copies];
  return [...copies.filter((one) => one !== known), copy];
}

/** The answer to the question whom the copy typed as `typed` means. Two ways to spell one address are one copy. */
export function settled(copies: readonly Copy[], typed: string, answer: { handle: string } | { problem: string }): Copy[] {
  const asked = copies.find((one) => one.address === typed && one.state === "asking");
  if (!asked) return [...copies];
  if ("problem" in answer) {
    return copies.map((one) => (one === asked ? { ...one, state: "refused", problem: answer.problem } : one));
  }
  const others = copies.filter((one) => one !== asked);
  if (others.some((one) => one.address === answer.handle)) return others;
  return copies.map((one) => (one === asked ? { ...one, state: "known", address: answer.handle } : one));
}
