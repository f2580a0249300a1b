import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { sheetOf } from "../styles";
import { t } from "../words";
import { Composer } from "./Composer";
import { Elsewhere } from "./Elsewhere";
import { Form, isFormDue } from "./Form";
import { Head } from "./Head";
import { Log } from "./Log";
import { PANEL } from "./panel-styles";

export const panelSheet = sheetOf(PANEL);

const REACHED = "button:not([disabled]),textarea,input:not([hidden]),select,a[href],[tabindex='0']";

export function Panel({ chat }: { chat: Chat }) {
  const panel = useRef<HTMLDivElement>(null);
  const isOver = useSignal(false);
  const dropped = useSignal<{ files: File[] }>({ files: [] });
  const config = chat.config.value;
  const link = chat.link.value;

  function pressed(event: KeyboardEvent): void {
    // A page's own single-key shortcuts are not for what is typed here.
    event.stopPropagation();
    if (event.key === "Escape") chat.close();
    else if (event.key === "Tab" && chat.covers.value) keepInside(event);
  }

  function keepInside(event: KeyboardEvent): void {
    const reached = [...panel.current!.querySelectorAll<HTMLElement>(REACHED)];
    const active = (panel.current!.getRootNode() as ShadowRoot).activeElement;
    const [from, to] = event.shiftKey ? [reached[0], reached.at(-1)] : [reached.at(-1), reached[0]];
    if (active !== from) return;
    event.preventDefault();
    to?.focus();
  }

  function over(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    isOver.value = event.type === "dragover";
    if (event.type === "drop") dropped.value = { files: [...event.dataTransfer.files] };
  }

  // On a phone it covers the page, so the focus must not leave it.
  const covers = chat.covers.value;
  const isAsking = config && !chat.needsSignIn.value && isFormDue(chat);
  const mayWrite = config && !chat.needsSignIn.value && !isAsking;
  return (
    <div
      class="panel"
      role="dialog"
      aria-modal={covers}
      aria-labelledby="title"
      ref={panel}
      onKeyDown={pressed}
      onDragOver={over}
      onDragLeave={() => (isOver.value = false)}
      onDrop={over}
    >
      <Head chat={chat} />
      {link === "lost" && (
        <div class="lost" role="status">
          {t("lost")}
        </div>
      )}
      <div class="body">
        <Log chat={chat} />
        {chat.trouble.value && (
          <div class="note" role="alert">
            {chat.trouble.value}
          </div>
        )}
        {isAsking && <Form chat={chat} />}
        {mayWrite && chat.isKnown.value && <Elsewhere chat={chat} />}
        {mayWrite && <Composer chat={chat} dropped={dropped.value} />}
        {chat.needsSignIn.value && <div class="lost">{t("signIn")}</div>}
        {isOver.value && mayWrite && <div class="drop">{t("drop")}</div>}
      </div>
    </div>
  );
}
