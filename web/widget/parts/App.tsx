import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { paint } from "../paint";
import { direction, locale, t } from "../words";
import { Icon } from "./icons";

const panel = signal<typeof import("./Panel") | undefined>(undefined);
let loading: Promise<unknown> | undefined;

/** The panel comes with the first look at it: a page where nobody chats does not pay for it. */
function loadPanel(root: ShadowRoot): void {
  loading ??= import("./Panel").then(
    (loaded) => {
      root.adoptedStyleSheets.push(loaded.panelSheet);
      panel.value = loaded;
    },
    () => (loading = undefined),
  );
}

interface Shown {
  chat: Chat;
  host: HTMLElement;
  root: ShadowRoot;
  looked?: (isOpen: boolean, side: string) => void;
}

export function App({ chat, host, root, looked }: Shown) {
  const launcher = useRef<HTMLButtonElement>(null);
  const Panel = panel.value?.Panel;
  const isOpen = chat.isOpen.value;
  const wasOpen = useRef(isOpen);
  const count = chat.unread.value;
  const look = chat.config.value?.appearance ?? chat.keep.read().look;

  useLayoutEffect(() => {
    host.toggleAttribute("data-open", isOpen);
    host.toggleAttribute("data-covers", chat.covers.value);
    host.dataset.theme = chat.theme.value.mode;
    host.dataset.side = look?.position ?? "right";
    host.lang = locale.value;
    host.dir = direction();
    paint(host, chat.theme.value, look?.color);
  });
  useLayoutEffect(() => looked?.(isOpen, look?.position ?? "right"), [isOpen, look?.position]);
  useEffect(() => {
    if (isOpen) loadPanel(root);
    if (wasOpen.current && !isOpen) launcher.current!.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);

  return (
    <>
      {isOpen && Panel && <Panel chat={chat} />}
      <button
        class={look?.launcher && !isOpen ? "launcher wide" : "launcher"}
        ref={launcher}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-label={isOpen ? t("close") : t("open") + (count ? `, ${t("unread", { n: count })}` : "")}
        onPointerEnter={() => loadPanel(root)}
        onFocus={() => loadPanel(root)}
        onClick={() => (isOpen ? chat.close() : chat.open())}
      >
        <Icon name={isOpen ? "down" : "chat"} size={isOpen ? 28 : 26} />
        {look?.launcher && !isOpen && <span dir="auto">{look.launcher}</span>}
        {count > 0 && !isOpen && (
          <span class="badge" aria-hidden="true">
            {count > 99 ? "99+" : count}
          </span>
        )}
      </button>
    </>
  );
}
