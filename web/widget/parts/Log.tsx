import { useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { t } from "../words";
import { day } from "../words/shown";
import { later } from "./later";
import { Message, type Shown } from "./Message";
import { useSeen } from "./seen";

const Offers = later(() => import("./Offers").then((part) => part.Offers));
const Away = later(() => import("./Away").then((part) => part.Away));

const RUN = 5 * 60_000;
const NEAR = 80;

function shownIn(chat: Chat): Shown[] {
  const said = chat.log.value.messages.map((message) => ({
    key: message.client_id ?? String(message.seq),
    isOwn: message.is_own,
    text: message.text,
    spans: message.spans,
    files: message.files,
    at: message.at,
    author: message.author,
    isEdited: message.is_edited,
    isDeleted: message.is_deleted,
    isElsewhere: message.is_elsewhere,
    isSeen: message.state === "read",
    seq: message.seq,
  }));
  const waiting = chat.waiting.value.map((draft) => ({
    key: draft.client_id,
    isOwn: true,
    text: draft.text,
    files: draft.files,
    at: draft.at,
    author: "",
    isEdited: false,
    isDeleted: false,
    draft,
  }));
  return [...said, ...waiting];
}

const isSameDay = (a: Shown, b: Shown) => new Date(a.at).toDateString() === new Date(b.at).toDateString();

const isOneRun = (a: Shown | undefined, b: Shown | undefined) =>
  !!a &&
  !!b &&
  a.isOwn === b.isOwn &&
  a.author === b.author &&
  a.isElsewhere === b.isElsewhere &&
  isSameDay(a, b) &&
  Math.abs(Date.parse(b.at) - Date.parse(a.at)) < RUN;

export function Log({ chat, mayWrite }: { chat: Chat; mayWrite: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const height = useRef(0);
  const shown = shownIn(chat);
  const newestOwn = shown.findLast((one) => one.isOwn);
  const newest = !chat.waiting.value.length && chat.log.value.messages.at(-1);
  const offered = newest && newest.offers?.length ? newest.offers : undefined;
  const typing = chat.typing.author.value;
  const first = shown[0]?.key;
  const firstBefore = useRef(first);

  useLayoutEffect(() => {
    const element = box.current!;
    if (isAtEnd.current || (newestOwn?.draft && shown.at(-1) === newestOwn)) element.scrollTop = element.scrollHeight;
    // Older ones were put before: what was being read stays where it is.
    else if (first !== firstBefore.current) element.scrollTop += element.scrollHeight - height.current;
    height.current = element.scrollHeight;
    firstBefore.current = first;
  }, [shown.length, typing, first, chat.drawn.value, offered]);

  useSeen(chat, box, chat.log.value);

  const scrolled = () => {
    const element = box.current!;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
  };
  const greeting = chat.config.value?.appearance.greeting || t("greeting");
  return (
    <div class="log" role="log" aria-live="polite" aria-label={t("log")} tabIndex={0} ref={box} onScroll={scrolled}>
      {chat.log.value.earlier && (
        <button class="earlier" onClick={() => void chat.loadEarlier().catch(() => undefined)}>
          {t("earlier")}
        </button>
      )}
      {!chat.log.value.earlier && (
        <div class="row">
          <span class="face" aria-hidden="true">
            {(chat.config.value?.appearance.title || t("desk")).slice(0, 1)}
          </span>
          <div class="bubble last">
            <div dir="auto">{greeting}</div>
          </div>
        </div>
      )}
      {!chat.log.value.earlier && chat.config.value?.reception.is_open === false && <Away chat={chat} />}
      {shown.map((one, index) => {
        const [before, after] = [shown[index - 1], shown[index + 1]];
        const place = {
          isFirst: !isOneRun(before, one),
          isLast: !isOneRun(one, after),
          isNewestOwn: one === newestOwn,
        };
        return (
          <>
            {(!before || !isSameDay(before, one)) && <div class="day">{day(one.at)}</div>}
            <Message key={one.key} chat={chat} shown={one} place={place} />
          </>
        );
      })}
      {offered && mayWrite && <Offers chat={chat} offers={offered} />}
      {typing && (
        <div class="row" role="img" aria-label={t("typing", { name: typing })}>
          <span class="face" aria-hidden="true">
            {typing.slice(0, 1).toUpperCase()}
          </span>
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
        </div>
      )}
    </div>
  );
}
