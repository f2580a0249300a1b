// Why an answer does not go where others read along, and what is sent instead. Pure.
import type { Case, NewMessage, Reach } from "../../shared/api-types";

export type PublicReason = "marked_private" | "private_case" | "restricted_case" | "personal_content";

const REASONS: readonly string[] = ["marked_private", "private_case", "restricted_case", "personal_content"];

/** What the agent chose for the answer that is being written to one person. */
export type Privacy = { isPrivate: boolean; inPrivate: boolean; leavesLine: boolean; line: string };

export const PLAIN: Privacy = { isPrivate: false, inPrivate: false, leavesLine: false, line: "" };

/** The server's word for why it refused, if it is one that we have a sentence for. */
export function readReason(said: unknown): PublicReason | null {
  return typeof said === "string" && REASONS.includes(said) ? (said as PublicReason) : null;
}

/** Why the server would refuse it there, as far as the page can know. */
export function reasonFor(place: Reach | null, chosen: Privacy, current: Case | undefined): PublicReason | null {
  if (!place?.place || chosen.inPrivate) return null;
  if (chosen.isPrivate) return "marked_private";
  if (!current?.is_private) return null;
  return current.access_class === "normal" ? "private_case" : "restricted_case";
}

/** The fields of the answer that say so. None where nobody reads along. */
export function fieldsOf(place: Reach | null, chosen: Privacy): Partial<NewMessage> {
  if (!place?.place) return {};
  if (!chosen.inPrivate) return chosen.isPrivate ? { is_private: true } : {};
  const line = chosen.leavesLine ? chosen.line.trim() : "";
  return { in_private: true, ...(chosen.isPrivate ? { is_private: true } : {}), ...(line ? { public_line: line } : {}) };
}
