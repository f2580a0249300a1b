// Who sees a case: the classes there are, which of them one may give, and giving one with its undo.
import type { Case, CaseChange } from "../../shared/api-types";
import { api, take } from "./client";
import { session } from "./session.svelte";

/** The first is everybody's; the others need a team. */
export const CLASSES = ["normal", "fraud", "kyc", "legal"] as const;
export type AccessClass = (typeof CLASSES)[number];

export function isRestricted(one: Case): boolean {
  return CLASSES.indexOf(one.access_class as AccessClass) > 0;
}

export function sees(wanted: string): boolean {
  return session.me?.access_classes?.includes(wanted) ?? false;
}

/** Whoever may not say that others see it restricts among those who see what they see. */
export function mayGive(one: Case, wanted: AccessClass): boolean {
  return session.can("cases.classify") || one.access_class === wanted || (!isRestricted(one) && sees(wanted));
}

/** Somebody may: the menu offers it. */
export function mayChoose(one: Case): boolean {
  return session.can("cases.change") && CLASSES.some((wanted) => wanted !== one.access_class && mayGive(one, wanted));
}

/** `known`: the revision at which whoever asks was told who sees it no more, which is done all the same. The feed brings what that
 * changes. Raises ApiError. */
export async function giveClass(one: Case, access_class: AccessClass, known: number | null): Promise<Case> {
  return change(one, { access_class, may_lose_sight: known !== null, expect_revision: known });
}

/** As it was, unless somebody changed it since; then with its owner and team, unless somebody else has it. Raises ApiError. */
export async function takeBack(was: Case, made: Case): Promise<void> {
  await change(was, { access_class: was.access_class as AccessClass, may_lose_sight: true, expect_revision: made.revision });
  const owner = was.owner && was.owner.id !== made.owner?.id ? { owner_id: was.owner.id, expect_nobody: true } : {};
  const team = was.team_id !== made.team_id ? { team_id: was.team_id } : {};
  if ("owner_id" in owner || "team_id" in team) await change(was, { ...team, ...owner });
}

function change(one: Case, body: CaseChange): Promise<Case> {
  return take(api.POST("/api/v1/cases/{case_id}", { params: { path: { case_id: one.id } }, body }));
}
