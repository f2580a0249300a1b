// Asking somebody to confirm at the operator's site that it is them.
import type { Id, StepUp } from "../../shared/api-types";
import { api, take } from "./client";
import { putCase } from "./thread";
import { threads } from "./threads.svelte";

/** A line with the link stands in their thread from now on; the feed tells when they did it. */
export async function askStepUp(personId: Id, caseId: Id, identityId: Id, placeId: Id, topicId: Id | null): Promise<StepUp> {
  const params = { path: { case_id: caseId } };
  const body = { identity_id: identityId, place_id: placeId, ...(topicId === null ? {} : { topic_id: topicId }) };
  const asked = await take(api.POST("/api/v1/cases/{case_id}/step-ups", { params, body }));
  threads.change(personId, (thread) => {
    const one = thread.cases.find((each) => each.id === caseId);
    return one ? putCase(thread, { ...one, step_ups: [...one.step_ups.filter((each) => each.id !== asked.id), asked] }) : thread;
  });
  return asked;
}
