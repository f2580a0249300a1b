import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { sheetOf } from "../styles";
import { learn, t } from "../words";
import en from "../words/en.json";
import { Composer } from "./Composer";
import { Head } from "./Head";
import { isFormDue } from "./due";
import { later } from "./later";
import { Log } from "./Log";
import { PANEL } from "./panel-styles";

export const panelSheet = sheetOf(PANEL);
learn(en);

const Form = later(() => import("./Form").then((part) => part.Form));
const Elsewhere = later(() => import("./Elsewhere").then((part) => part.Elsewhere));
const Menu = later(() => import("./Menu").then((part) => part.Menu));
const Over = later(() => import("./Over").then((part) => part.Over));
const Rating = later(() => import("./Rating").then((part) => part.Rating));

const REACHED = "button:not([disabled]),textarea,input:not([hidden]),select,a[href],[tabindex='0']";

export function Panel({ chat }: { chat: Chat }) {
  const panel = useRef<HTMLDivElement>(null);
  const isDragged = useSignal(false);
  const isMenuOpen = useSignal(false);
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
    isDragged.value = event.type === "dragover";
    if (event.type === "drop") dropped.value = { files: [...event.dataTransfer.files] };
  }

  // On a phone it covers the page, so the focus must not leave it.
  const covers = chat.covers.value;
  const isAsking = config && !chat.needsSignIn.value && isFormDue(chat);
  const isOver = chat.isOver.value;
  const mayWrite = config && !chat.needsSignIn.value && !isAsking && !isOver;
  useEffect(() => {
    const ask = () => void import("../rating").then(({ look }) => look(chat)).catch(() => undefined);
    if (link === "on") ask();
    return chat.on("case", ask);
  }, [link === "on"]);
  function closeMenu(): void {
    isMenuOpen.value = false;
    panel.current?.querySelector<HTMLElement>(".more")?.focus();
  }
  return (
    <div
      class="panel"
      role="dialog"
      aria-modal={covers}
      aria-labelledby="title"
      ref={panel}
      onKeyDown={pressed}
      onDragOver={over}
      onDragLeave={() => (isDragged.value = false)}
      onDrop={over}
    >
      <Head chat={chat} isMenuOpen={isMenuOpen} />
      {link === "lost" && (
        <div class="lost" role="status">
          {t("lost")}
        </div>
      )}
      <div class="body">
        <Log chat={chat} mayWrite={!!mayWrite} />
        {chat.trouble.value && (
          <div class="note" role="alert">
            {chat.trouble.value}
          </div>
        )}
        {isMenuOpen.value && <Menu chat={chat} close={closeMenu} />}
        {isAsking && !isOver && <Form chat={chat} />}
        {chat.rateable.value && <Rating key={chat.rateable.value.key} chat={chat} />}
        {isOver && <Over chat={chat} />}
        {mayWrite && chat.isKnown.value && <Elsewhere chat={chat} />}
        {mayWrite && <Composer chat={chat} dropped={dropped.value} />}
        {chat.needsSignIn.value && <div class="lost">{t("signIn")}</div>}
        {isDragged.value && mayWrite && <div class="drop">{t("drop")}</div>}
      </div>
    </div>
  );
}
