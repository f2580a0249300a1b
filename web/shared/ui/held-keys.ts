// Keys that are pressed between the one that opens or closes something and the focus that follows it. They belong to
// where the focus will be: none acts on what lies behind, none is lost.
import { tick } from "svelte";

/** Milliseconds. What was not there by then is not what the keys were meant for. */
const LONGEST = 5000;
const OURS = /^(?:.|Enter|Tab|Backspace|Arrow(?:Up|Down|Left|Right))$/u;
const WRITABLE = "input, textarea, [contenteditable=true]";

/** Ends the hold. The keys then go to what has the focus; with `isLost` they go nowhere. */
export type LetGo = (isLost?: boolean) => void;
type Hold = { letGo: LetGo; stop?: () => void };

const holds = new Set<Hold>();
let held: KeyboardEvent[] = [];

/** Keys are kept from now on, until each who holds them has let go. With `stop` Escape ends the wait, and does no more. */
export function holdKeys(stop?: () => void): LetGo {
  if (holds.size === 0) addEventListener("keydown", take, true);
  const timer = setTimeout(() => letGo(true), LONGEST);
  function letGo(isLost = false): void {
    clearTimeout(timer);
    if (!holds.delete(hold)) return;
    if (isLost) held = [];
    if (holds.size === 0) void give();
  }
  const hold: Hold = { letGo, stop };
  holds.add(hold);
  return letGo;
}

/** Until something that can be written in gets the focus. */
export function holdUntilWritable(stop: () => void = () => undefined): LetGo {
  const letGo = holdKeys(stop);
  const look = ({ target }: FocusEvent): void => {
    if (target instanceof Element && target.matches(WRITABLE)) end();
  };
  const end: LetGo = (isLost) => {
    removeEventListener("focusin", look);
    letGo(isLost);
  };
  addEventListener("focusin", look);
  return end;
}

function take(event: KeyboardEvent): void {
  if (event.isComposing || event.keyCode === 229) return;
  const isCommand = event.altKey || ((event.ctrlKey || event.metaKey) && event.key !== "Enter");
  if (event.key === "Escape" ? !leave() : isCommand || !OURS.test(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key !== "Escape" && !event.repeat) held.push(event);
}

/** Whether somebody waited, and does no more. */
function leave(): boolean {
  held = [];
  const left = [...holds].filter((one) => one.stop);
  for (const { letGo, stop } of left) {
    letGo(true);
    stop?.();
  }
  return left.length > 0;
}

async function give(): Promise<void> {
  removeEventListener("keydown", take, true);
  await tick();
  // What one key does may hold the next ones again. Nobody presses a key between two steps of this.
  while (holds.size === 0) {
    const next = held.shift();
    if (!next) return;
    play(next);
    await tick();
  }
}

/** As the browser would have done it: the page's own meaning first, then that of the field or the button. */
function play({ key, code, ctrlKey, metaKey, shiftKey }: KeyboardEvent): void {
  const at = document.activeElement ?? document.body;
  const again = new KeyboardEvent("keydown", { key, code, ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true });
  if (!at.dispatchEvent(again) || ctrlKey || metaKey) return;
  if (key === "Enter") {
    if (at instanceof HTMLInputElement) at.form?.querySelector<HTMLElement>("[type=submit]")?.click();
    else if (at instanceof HTMLElement && at.matches("a, button")) at.click();
  } else if (at.matches(WRITABLE)) {
    // The only way to type that a field can undo, and that an editor hears of.
    if (key === "Backspace") document.execCommand("delete");
    else if ([...key].length === 1) document.execCommand("insertText", false, key);
  }
}
