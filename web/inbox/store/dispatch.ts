// What was written goes out: of the conversation that it was written in, whichever is open by then.
import type { Case, Reach } from "../../shared/api-types";
import { drafts, type Kind } from "./drafts.svelte";
import { outbox } from "./outbox.svelte";
import { presence } from "./presence.svelte";
import { privacy } from "./privacy.svelte";
import { bodyOf, type Then } from "./reply";
import { session } from "./session.svelte";
import { newestOfOthers, type Thread } from "./thread";

type Outgoing = { thread: Thread; kind: Kind; place: Reach | null; current: Case | undefined };

/** The draft is a message in the outbox, and empty. Where nothing stands any more, nothing is sent. */
export function sendDraft({ thread, kind, place, current }: Outgoing, then: Then): void {
  const personId = thread.person.id;
  const written = drafts.of(personId, kind);
  if (written.text.trim() === "" && written.files.length === 0) return;
  const isReply = kind === "reply";
  outbox.send({
    key: crypto.randomUUID(),
    personId,
    body: bodyOf({
      kind, written, files: written.files, current, place, then,
      privacy: privacy.of(personId), seenId: newestOfOthers(thread, session.agentId),
    }),
    attachments: [...written.files],
    accountId: isReply ? (place?.account_id ?? null) : null,
    channel: isReply ? (place?.channel ?? null) : null,
    shownAs: place?.shown_as ?? "",
  });
  if (isReply && place?.capabilities.typing) presence.stopTyping(place.place_id);
  drafts.clear(personId, kind);
  if (isReply) privacy.clear(personId);
}
