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

/** `knows`: also if somebody who has it, or who asks, sees it no more. The feed brings what that changes. Raises ApiError. */
export async function giveClass(one: Case, access_class: AccessClass, knows: boolean): Promise<Case> {
  return change(one, { access_class, may_lose_sight: knows });
}

/** As it was, with its owner and team, unless somebody changed it since. Raises ApiError. */
export async function takeBack(was: Case, made: Case): Promise<void> {
  const owner = was.owner && !made.owner ? { owner_id: was.owner.id } : {};
  const team = was.team_id !== made.team_id ? { team_id: was.team_id } : {};
  await change(was, { access_class: was.access_class as AccessClass, ...owner, ...team, may_lose_sight: true, expect_revision: made.revision });
}

function change(one: Case, body: CaseChange): Promise<Case> {
  return take(api.POST("/api/v1/cases/{case_id}", { params: { path: { case_id: one.id } }, body }));
}
