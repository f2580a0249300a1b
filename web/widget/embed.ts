import { showInTitle } from "./title";
import { tonesOf } from "./tones";
import type { Command, Place } from "./widget";

/** What the page and the framed chat say to each other, over a port that nobody else holds. */
export type ToFrame = { command: Command } | { answer: number; token?: string } | { covers: boolean } | { page: string };
export type FromFrame =
  | { happening: string; value: unknown }
  | { look: { isOpen: boolean; side: string } }
  | { ask: number }
  | { asksPage: true }
  | { isReady: true };

const LOOK = `:host{all:initial;position:fixed;z-index:2147483000;bottom:0;right:0}:host([data-side=left]){right:auto;left:0}
iframe{display:block;border:0;width:100px;height:100px;background:none;color-scheme:light}
:host([data-open]) iframe{width:min(440px,100vw);height:min(760px,100dvh)}
:host([data-open][data-covers]){inset:0}:host([data-open][data-covers]) iframe{width:100vw;height:100dvh}@media print{:host{display:none}}`;

/** The chat in a document of the desk's own: neither side can look into the other. */
export function start({ host, root, desk, account }: Place): (command: Command) => void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LOOK);
  const frame = document.createElement("iframe");
  frame.title = "Chat";
  frame.allow = "";
  frame.src = `${desk}/widget/frame/${account}`;
  const { port1: port, port2: theirs } = new MessageChannel();
  const listeners = new Map<string, Set<(value: unknown) => void>>();
  let identity: unknown;
  let unwatch: (() => void) | undefined;
  const say = (said: ToFrame) => port.postMessage(said);
  const narrow = matchMedia("(max-width:479px)");
  const measure = () => {
    host.toggleAttribute("data-covers", narrow.matches);
    say({ covers: narrow.matches });
  };

  frame.onload = () => frame.contentWindow!.postMessage("onethread", desk, [theirs]);
  port.onmessage = async ({ data }: MessageEvent<FromFrame>) => {
    if ("isReady" in data) {
      root.adoptedStyleSheets = [sheet];
      root.querySelector("button")?.remove();
      frame.hidden = false;
      say({ command: ["setTheme", tonesOf(host)] });
    } else if ("look" in data) {
      host.toggleAttribute("data-open", data.look.isOpen);
      host.dataset.side = data.look.side;
      if (data.look.isOpen && root.activeElement !== frame) frame.focus();
    } else if ("happening" in data) {
      if (data.happening === "unread") showInTitle(data.value as number);
      for (const listener of listeners.get(data.happening) ?? []) listener(data.value);
    } else if ("asksPage" in data) {
      const { watch } = await import("./pages");
      unwatch ??= watch((page) => say({ page }));
    } else {
      const token = typeof identity === "function" ? await Promise.resolve(identity()).catch(() => undefined) : identity;
      say({ answer: data.ask, token: token as string | undefined });
    }
  };
  narrow.addEventListener("change", measure);
  measure();
  frame.hidden = true;
  root.append(frame);

  return (command) => {
    const [name, first, listener] = command;
    if (name === "on") {
      const known = listeners.get(first as string) ?? new Set();
      listeners.set(first as string, known.add(listener as (value: unknown) => void));
    } else if (name === "identify") {
      identity = first;
      // A function cannot travel: the frame asks for what it gives.
      say({ command: ["identify", typeof first === "function" ? null : first] });
    } else if (name === "destroy") {
      narrow.removeEventListener("change", measure);
      showInTitle(0);
      unwatch?.();
      port.close();
      host.remove();
    } else say({ command });
  };
}
