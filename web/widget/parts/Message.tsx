import type { Span } from "../../shared/rich";
import type { Chat } from "../chat";
import type { Draft, FileView } from "../frames";
import { t } from "../words";
import { clock } from "../words/shown";
import { later } from "./later";
import { Text } from "./Text";

const FileCard = later(() => import("./FileCard").then((part) => part.FileCard));
const Face = later(() => import("./Face").then((part) => part.Face));

export interface Shown {
  key: string;
  isOwn: boolean;
  text: string;
  spans?: readonly Span[];
  files: FileView[];
  at: string;
  author: string;
  isEdited: boolean;
  isDeleted: boolean;
  /** Said on another channel. */
  isElsewhere?: boolean;
  /** An agent has read it. */
  isSeen?: boolean;
  seq?: number;
  /** Still on its way. */
  draft?: Draft;
}

interface Place {
  /** First or last of a run by one author. */
  isFirst: boolean;
  isLast: boolean;
  /** The newest own message: its state is shown. */
  isNewestOwn: boolean;
}

function Meta({ chat, shown, place }: { chat: Chat; shown: Shown; place: Place }) {
  const { draft } = shown;
  if (draft?.failed !== undefined) {
    return (
      <div class="meta own bad" role="alert">
        <span>{t("failed", { reason: draft.failed })}</span>
        <button class="link" onClick={() => chat.retry(draft.client_id)}>
          {t("retry")}
        </button>
        <button class="link" onClick={() => chat.drop(draft.client_id)}>
          {t("discard")}
        </button>
      </div>
    );
  }
  if (!place.isLast && !draft) return null;
  const state = draft ? t("sending") : place.isNewestOwn ? t(shown.isSeen ? "seen" : "sent") : "";
  return (
    <div class={shown.isOwn ? "meta own" : "meta"}>
      {shown.isEdited && <span>{t("edited")}</span>}
      {shown.isElsewhere && <span>{t("elsewhere")}</span>}
      <time dateTime={shown.at}>{clock(shown.at)}</time>
      {state && <span>{state}</span>}
    </div>
  );
}

export function Message({ chat, shown, place }: { chat: Chat; shown: Shown; place: Place }) {
  const author = shown.author || t("desk");
  const bubble = `bubble${place.isLast ? " last" : ""}`;
  return (
    <>
      {!shown.isOwn && place.isFirst && (
        <div class="who" aria-hidden="true">
          {author}
        </div>
      )}
      <div class={`row${shown.isOwn ? " own" : ""}${shown.draft ? " pending" : ""}`}>
        <span class={place.isLast ? "face" : "face none"} aria-hidden="true">
          {author.trim().slice(0, 1).toUpperCase()}
          {place.isLast && !shown.isOwn && shown.seq && chat.config.value?.shows_photos && <Face chat={chat} seq={shown.seq} />}
        </span>
        <div class="stack">
          <span class="hush">{shown.isOwn ? t("you") : author}: </span>
          {shown.isDeleted ? (
            <div class={`${bubble} gone`}>{t("deleted")}</div>
          ) : (
            shown.text && (
              <div class={bubble}>
                <div dir="auto">
                  <Text text={shown.text} spans={shown.spans ?? []} />
                </div>
              </div>
            )
          )}
          {shown.files.length > 0 && (
            <div class="files">
              {shown.files.map((file) => (
                <FileCard key={file.id} chat={chat} file={file} isSent={!shown.draft} />
              ))}
            </div>
          )}
          {!shown.isOwn && <i class="end" data-end={shown.seq} />}
        </div>
      </div>
      <Meta chat={chat} shown={shown} place={place} />
    </>
  );
}
