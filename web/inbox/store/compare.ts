// Two people side by side: what they have in common, and what speaks against them being one. Pure.
import type { Person, Suggestion } from "../../shared/api-types";

const words = (person: Person): string[] =>
  [person.display_name, ...person.identities.flatMap((one) => [one.handle, one.shown_as])].map((one) => one.toLocaleLowerCase());

/** Names and handles that stand on both sides, in lower case. */
export function alike(left: Person, right: Person): string[] {
  const others = new Set(words(right));
  return [...new Set(words(left).filter((one) => one !== "" && others.has(one)))];
}

export type Against = "other_account" | "shared";

/** What to look at twice: linked to different accounts, or a handle that several people use. */
export function against(left: Person, right: Person): Against[] {
  const accounts = (person: Person): string[] => person.identities.flatMap((one) => one.host_account ?? []);
  const [one, other] = [accounts(left), accounts(right)];
  const differ = one.length > 0 && other.length > 0 && !one.some((account) => other.includes(account));
  const isShared = [...left.identities, ...right.identities].some((each) => each.is_shared);
  return [...(differ ? (["other_account"] as const) : []), ...(isShared ? (["shared"] as const) : [])];
}

const SAID: readonly string[] = ["address", "phone", "address_of_both", "phone_of_both"];

/** Whether somebody said it of themselves, so that it matters whether who that was is proven. */
export const isSaid = (ground: Suggestion["grounds"][number]): boolean => SAID.includes(ground.kind);

/** How likely two are one, as a word for a score of 0 to 99. */
export function likelihood(score: number): "strong" | "likely" | "weak" {
  if (score >= 70) return "strong";
  return score >= 45 ? "likely" : "weak";
}
