// A case without an owner is taken on with the first key of an answer, by agents who chose that.
import type { Case } from "../../shared/api-types";
import { readSending } from "./sending";
import { session } from "./session.svelte";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";

export function claim(current: Case | undefined): void {
  if (!current || current.owner || !session.can("cases.change") || !readSending(session.me?.agent.settings).claims) return;
  threads.changeCase(current, { owner_id: session.agentId }).catch((error: unknown) => toasts.failed(error));
}
