import { render } from "preact";
import { Chat } from "./chat";
import { App } from "./parts/App";
import { drawing, LOOK, sheetOf } from "./styles";
import type { watch } from "./pages";
import { showInTitle } from "./title";

export interface Place {
  host: HTMLElement;
  root: ShadowRoot;
  /** Under which the browser remembers this account's chat. */
  key: string;
  desk: string;
  account: string;
  /** Whether the open chat covers the page; asked of the window where this is not given. */
  covers?: (changed: (covers: boolean) => void) => void;
  /** Where the page stands; this window's own address where this is not given. */
  watchPage?: typeof watch;
  /** It was opened or closed, or stands on another side. */
  looked?: (isOpen: boolean, side: string) => void;
}

export type Command = [name: string, ...values: unknown[]];

const UNWATCHED = 5 * 60_000;

/** Draws the widget in place of the loader's button. Returns what carries out the page's commands. */
export function start(place: Place): (command: Command) => void {
  const { host, root } = place;
  drawing.root = root;
  root.adoptedStyleSheets = [sheetOf(LOOK)];
  const hadFocus = root.activeElement !== null;
  root.replaceChildren();
  const chat = new Chat(`${place.desk}/hooks/${place.account}`, place.key);
  render(<App chat={chat} host={host} root={root} looked={place.looked} />, root);
  const narrow = matchMedia("(max-width:479px)");
  const measure = () => (chat.covers.value = narrow.matches);
  if (place.covers) place.covers((covers) => (chat.covers.value = covers));
  else {
    narrow.addEventListener("change", measure);
    measure();
  }
  if (hadFocus) root.querySelector("button")?.focus();

  if (!place.covers) chat.on("unread", (count) => showInTitle(count as number));
  let unwatch: (() => void) | undefined;
  chat.on("ready", () => {
    if (chat.config.value?.notes_pages)
      void import("./pages").then(({ tell, watch }) => (unwatch ??= tell(chat, place.watchPage ?? watch))).catch(() => undefined);
  });
  let idle: ReturnType<typeof setTimeout> | undefined;
  const hurry = () => {
    clearTimeout(idle);
    if (document.visibilityState === "visible") chat.hurry();
    else idle = setTimeout(() => chat.rest(), UNWATCHED);
  };
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  // Commands that wait come first: whether somebody is signed in decides which session is opened.
  queueMicrotask(() =>
    chat.start().catch((error: unknown) => {
      console.warn("onethread: the chat cannot be shown here.", error);
      destroy();
    }),
  );

  function destroy(): void {
    removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
    narrow.removeEventListener("change", measure);
    clearTimeout(idle);
    unwatch?.();
    if (!place.covers) showInTitle(0);
    chat.destroy();
    render(null, root);
    host.remove();
  }

  const commands: Record<string, (...values: never[]) => void> = {
    open: () => chat.open(),
    close: () => chat.close(),
    identify: (identity: Parameters<Chat["identify"]>[0]) => chat.identify(identity),
    logout: () => chat.logout(),
    setLocale: (...chosen: Parameters<Chat["setLocale"]>) => chat.setLocale(...chosen),
    setTheme: (theme: Parameters<Chat["setTheme"]>[0]) => chat.setTheme(theme),
    prefill: (text: string) => (chat.draft.value = text),
    on: (happening: Parameters<Chat["on"]>[0], listener: Parameters<Chat["on"]>[1]) => chat.on(happening, listener),
    destroy,
  };
  return ([name, ...values]) => commands[name]?.(...(values as never[]));
}
