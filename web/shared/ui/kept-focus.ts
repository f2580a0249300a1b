// The focus in a box whose lines come, go and change places: whatever takes away what has it leaves it where that stood.
import type { Attachment } from "svelte/attachments";

const LINE = "li, tr";
type Place = { list: Element; at: number };

const isNowhere = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** The focus for once: it is no stop of Tab when the focus has gone on. */
function lend(one: HTMLElement): void {
  const back = (): void => {
    // Another window is not elsewhere in this one.
    if (document.activeElement === one) return;
    one.removeAttribute("tabindex");
    one.removeEventListener("blur", back);
  };
  one.tabIndex = -1;
  one.addEventListener("blur", back);
  one.focus();
}

/**
 * What had the focus and was only moved has it again; what can be used no more leaves it to its line. Where that is gone, the
 * line in its place has it, and without one the box: it is read out there, and a key that is still held down does nothing.
 */
export const keepFocus: Attachment<HTMLElement> = (box) => {
  let last: HTMLElement | null = null;
  /** The lines in which it stands, from within. */
  let places: Place[] = [];

  function note(): void {
    if (!last?.isConnected) return;
    places = [];
    for (let line: Element | null | undefined = last.closest(LINE); line && box.contains(line); line = line.parentElement?.closest(LINE)) {
      const list = line.parentElement;
      if (list) places.push({ list, at: [...list.children].indexOf(line) });
    }
  }

  function give(): void {
    const own = last?.isConnected ? (last.closest<HTMLElement>(LINE) ?? box) : null;
    if (own) return lend(box.contains(own) ? own : box);
    const place = places.find(({ list }) => list.isConnected && list.children.length > 0);
    const line = place?.list.children[Math.min(place.at, place.list.children.length - 1)];
    lend(line instanceof HTMLElement ? line : box);
  }

  function look(changes: readonly MutationRecord[]): void {
    const one = last;
    if (!one) return;
    if (one.matches(":disabled")) {
      // A browser takes the focus from it when it next draws.
      requestAnimationFrame(() => requestAnimationFrame(() => one === last && isNowhere() && give()));
    } else if (!isNowhere()) note();
    else if (changes.some(({ removedNodes }) => [...removedNodes].some((gone) => gone.contains(one)))) {
      if (one.isConnected) one.focus();
      // Who took it away may have a better place.
      else setTimeout(() => one === last && isNowhere() && give());
    }
  }

  function come({ target }: FocusEvent): void {
    last = target instanceof HTMLElement ? target : null;
    note();
  }
  function leave({ relatedTarget }: FocusEvent): void {
    if (relatedTarget) last = null;
    // Who pressed beside everything is not called back. What is taken away leaves too, and is looked at before this.
    else setTimeout(() => last?.isConnected && !last.matches(":disabled") && isNowhere() && (last = null));
  }

  const watcher = new MutationObserver(look);
  watcher.observe(box, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  box.addEventListener("focusin", come);
  box.addEventListener("focusout", leave);
  return () => {
    watcher.disconnect();
    box.removeEventListener("focusin", come);
    box.removeEventListener("focusout", leave);
  };
};
