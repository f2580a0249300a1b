// All drafts of the agent, and who else has begun an answer somewhere.
import type { Drafter, DraftLine, Id } from "../../shared/api-types";
import { api, take } from "./client";

export async function listDrafts(): Promise<DraftLine[]> {
  return (await take(api.GET("/api/v1/drafts"))).drafts;
}

export async function listDrafters(personId: Id): Promise<Drafter[]> {
  return (await take(api.GET("/api/v1/conversations/{person_id}/drafters", { params: { path: { person_id: personId } } }))).drafters;
}
