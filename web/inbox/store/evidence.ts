// Why somebody is believed, and how sure it was when they said something. Pure.
import type { Identity, Message } from "../../shared/api-types";

export type ProofLine = { name: string; value: string };

/** What a machine needs and a reader does not: the sentence beside it says the same. */
const UNREAD = new Set(["at", "found"]);
/** The line that tells most comes first; what we have no word for comes last, in the order of the proof. */
const ORDER = [
  "host_account", "email", "telegram_id", "id", "site", "from_domain", "reason",
  "verified", "signed_by", "selector", "authserv_id", "internal", "dmarc", "dkim", "spf",
];

/** A proof as lines to read, its values as text. Nothing is left out that we merely have no word for. */
export function proofLines(proof: Record<string, unknown>): ProofLine[] {
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.entries(proof)
    .filter(([name, value]) => !UNREAD.has(name) && value !== null && value !== "")
    .sort(([one], [other]) => rank(one) - rank(other))
    .map(([name, value]) => ({ name, value: plainText(value) }));
}

function plainText(value: unknown): string {
  if (Array.isArray(value)) return value.map(plainText).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, one]) => `${name.replaceAll("_", " ")} ${plainText(one)}`).join(", ");
  }
  return String(value);
}

/** The level as it is shown: what is only claimed is never more than nothing. */
export function stepOf(level: number, isClaimed: boolean): 0 | 1 | 2 | 3 {
  return (isClaimed ? 0 : Math.min(3, Math.max(0, Math.trunc(level)))) as 0 | 1 | 2 | 3;
}

export type SaidAt = { step: 0 | 1 | 2 | 3; kind: "unproven" | "weaker" | "plain" };

/**
 * How a message of the person is to be marked. `unproven`: nothing proves who wrote it, in a conversation with
 * somebody who is proven. `weaker`: its sender is better known today, or elsewhere, than when it was said.
 */
export function saidAt(message: Message, identity: Identity | undefined, identities: readonly Identity[]): SaidAt | null {
  if (message.direction !== "in" || (message.level === null && !message.is_claimed)) return null;
  const step = stepOf(message.level ?? 0, message.is_claimed);
  const best = Math.max(0, ...identities.map((one) => stepOf(one.level, one.is_claimed)));
  if (step === 0 && best > 0) return { step, kind: "unproven" };
  if (identity && step < stepOf(identity.level, identity.is_claimed)) return { step, kind: "weaker" };
  return { step, kind: "plain" };
}
