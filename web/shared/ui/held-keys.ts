// Keys that are pressed between the one that opens or closes something and the focus that follows it. They belong to
// where the focus will be: none acts on what lies behind, and none acts there in another's place: behind one that
// cannot be done anew the others are dropped.
import { tick } from "svelte";

/** Milliseconds. What was not there by then is not what the keys were meant for. */
const LONGEST = 5000;
const OURS = /^(?:Enter|Tab|Backspace|Delete|Home|End|Page(?:Up|Down)|Arrow(?:Up|Down|Left|Right))$/;
const WRITABLE = "input, textarea, [contenteditable=true]";
const STOPS = `${WRITABLE}, a[href], button, select, summary, [tabindex]`;

/** Ends the hold. The keys then go to what has the focus; with `isLost` they go nowhere. False if it had ended before. */
export type LetGo = (isLost?: boolean) => boolean;
type Hold = { letGo: LetGo; stop?: () => void };

const holds = new Set<Hold>();
let held: KeyboardEvent[] = [];

/** Keys are kept from now on, until each who holds them has let go. With `stop` Escape ends the wait, and does no more. */
export function holdKeys(stop?: () => void): LetGo {
  if (holds.size === 0) addEventListener("keydown", take, true);
  const timer = setTimeout(() => letGo(true), LONGEST);
  function letGo(isLost = false): boolean {
    clearTimeout(timer);
    if (!holds.delete(hold)) return false;
    if (isLost) held = [];
    if (holds.size === 0) void give();
    return true;
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
    return letGo(isLost);
  };
  addEventListener("focusin", look);
  return end;
}

function take(event: KeyboardEvent): void {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape" ? !endHolds() : !isText(event) && !isOurs(event)) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key !== "Escape" && !event.repeat) held.push(event);
}

/** A letter, also one that takes AltGr or Option to write. */
function isText(event: KeyboardEvent): boolean {
  return [...event.key].length === 1 && (event.getModifierState("AltGraph") || !(event.ctrlKey || event.metaKey));
}

function isOurs({ key, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return OURS.test(key) && !altKey && (key === "Enter" || !(ctrlKey || metaKey));
}

/** What is waited for does not come, or is wanted no more. True if somebody waited. */
export function endHolds(): boolean {
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
    if (!play(next)) held = [];
    await tick();
  }
}

/** As the browser would have done it: the page's own meaning first, then that of the field or the button. False if nobody can. */
function play(event: KeyboardEvent): boolean {
  const { key, code, altKey, ctrlKey, metaKey, shiftKey } = event;
  const at = document.activeElement ?? document.body;
  const modifierAltGraph = event.getModifierState("AltGraph");
  const again = new KeyboardEvent("keydown", { key, code, altKey, ctrlKey, metaKey, shiftKey, modifierAltGraph, bubbles: true, cancelable: true });
  if (!at.dispatchEvent(again)) return true;
  if (isText(event)) return type(at, key);
  if (ctrlKey || metaKey) return true;
  if (key === "Tab") return goBeside(at, shiftKey);
  if (key === "Enter") return enter(at);
  if (key !== "Backspace" && key !== "Delete") return false;
  if (at.matches(WRITABLE)) document.execCommand(key === "Delete" ? "forwardDelete" : "delete");
  return true;
}

function type(at: Element, key: string): boolean {
  if (at instanceof HTMLElement && key === " " && at.matches("button, summary, [type=checkbox], [type=radio]")) at.click();
  // The only way to type that a field can undo, and that an editor hears of.
  else if (at.matches(WRITABLE)) document.execCommand("insertText", false, key);
  return !at.matches("select");
}

function enter(at: Element): boolean {
  if (at instanceof HTMLTextAreaElement) document.execCommand("insertText", false, "\n");
  else if (at instanceof HTMLInputElement) at.form?.querySelector<HTMLElement>("[type=submit]")?.click();
  else if (at.matches(WRITABLE)) document.execCommand("insertParagraph");
  else if (at instanceof HTMLElement && at.matches("a, button, summary")) at.click();
  return true;
}

/** As Tab does. From the page itself nobody can tell where it leads. */
function goBeside(at: Element, isBack: boolean): boolean {
  if (at === document.body) return false;
  const side = isBack ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
  const found = (at.closest("[role=dialog]") ?? document).querySelectorAll<HTMLElement>(STOPS);
  const stops = [...found].filter(
    (one) => (at.compareDocumentPosition(one) & side) !== 0 && one.tabIndex >= 0 && !one.matches(":disabled, [inert] *") && one.checkVisibility({ visibilityProperty: true }),
  );
  const next = stops.at(isBack ? -1 : 0);
  next?.focus();
  return next !== undefined;
}
