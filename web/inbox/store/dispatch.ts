// What was written goes out: of the conversation that it was written in, whichever is open by then.
import type { Case, Id, Reach } from "../../shared/api-types";
import { toInbox } from "../router";
import { drafts, type Kind } from "./drafts.svelte";
import { uploadsOf, type Uploads } from "./files.svelte";
import { outbox } from "./outbox.svelte";
import { pagePlace } from "./place.svelte";
import { presence } from "./presence.svelte";
import { privacy } from "./privacy.svelte";
import { bodyOf, type Then } from "./reply";
import { session } from "./session.svelte";
import { newestOfOthers, type Thread } from "./thread";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";
import { t } from "./words.svelte";
import { toOptions } from "./written";

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

/** By draft, what was asked for last while words on its pictures were on their way. */
const waiting = new Map<string, object>();

/**
 * Sends once the words on its pictures have arrived. If they did not, or anything came to the draft meanwhile, nothing goes
 * out, and its agent is told so, with the way there.
 */
export function sendOnceTold(uploads: Uploads, { thread: { person }, kind }: Outgoing, send: () => void): void {
  const place = `${person.id}/${kind}`;
  const [asked, mine] = [contentOf(person.id, kind), {}];
  waiting.set(place, mine);
  const end = (isTold: boolean): void => {
    if (waiting.get(place) !== mine) return;
    waiting.delete(place);
    if (isTold && contentOf(person.id, kind) === asked && uploadsOf(person.id, kind).all.length === 0) return send();
    const run = (): void => pagePlace.go(toInbox(views.current, person.id));
    toasts.show(t("composer.not_told", { name: person.display_name }), { label: t("pending.view"), run });
  };
  void uploads.whenTold(() => end(true), () => end(false));
}

function contentOf(personId: Id, kind: Kind): string {
  const written = drafts.of(personId, kind);
  return JSON.stringify([written.text, toOptions(written), written.files.map(({ id }) => id)]);
}
