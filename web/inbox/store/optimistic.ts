// A case as it is shown before the desk has said so, and without what was only shown. Pure.
import type { Case, CaseChange } from "../../shared/api-types";

/** What can be shown before the server has said so. An owner has a name, which only the server knows. */
export function optimistic({ state, snoozed_until, priority, topic }: CaseChange): Partial<Case> {
  return { ...(state && { state, snoozed_until: snoozed_until ?? null }), ...(priority && { priority }), ...(topic !== undefined && { topic }) };
}

/** Without what was only shown: `before` wherever nobody has changed it since. */
export function takenBack(before: Case, shown: Case, now: Case): Case {
  const own = Object.entries(before).filter(([name]) => now[name as keyof Case] === shown[name as keyof Case]);
  return { ...now, ...Object.fromEntries(own) };
}
