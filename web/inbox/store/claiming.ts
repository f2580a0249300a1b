// A case without an owner is taken on with the first key of an answer, by agents who chose that.
import type { Case } from "../../shared/api-types";
import { api, ApiError, take } from "./client";
import { readSending } from "./sending";
import { session } from "./session.svelte";
import { putCase } from "./thread";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";

export async function claim(current: Case | undefined): Promise<void> {
  if (!current || current.owner || !session.can("cases.change") || !readSending(session.me?.agent.settings).claims) return;
  const params = { path: { case_id: current.id } };
  const body = { owner_id: session.agentId, expect_nobody: true };
  try {
    const made = await take(api.POST("/api/v1/cases/{case_id}", { params, body }));
    threads.change(current.person_id, (thread) => putCase(thread, made));
  } catch (error) {
    // A colleague was faster: it is theirs, and the feed says so.
    if (!(error instanceof ApiError && error.code === "moved_on")) toasts.failed(error);
  }
}
