// What the keys and the palette can do right now. Screens lend their commands while they are on the page.
import { untrack } from "svelte";
import { KeyReader, strokeOf, type Command } from "../../shared/keys";
import { keymap } from "./keymap.svelte";

export type Runs = Partial<Record<Command, () => void>>;

/** What is open has the keys to itself; what is on its way out has them no more. */
const BEFORE_US = ":is([role=dialog], [role=menu], [role=listbox]):not([hidden], [data-state=closed], [data-state=closed] *)";

class Commands {
  #lent: Runs[] = $state.raw([]);
  #reader = new KeyReader(() => keymap.bindings);

  /** Until the returned function is called, these commands work. The latest lender of a command who has it now wins. */
  lend(runs: Runs): () => void {
    // Lending is done in effects, which must not run again because of what they did themselves.
    this.#lent = [...untrack(() => this.#lent), runs];
    return () => {
      this.#lent = untrack(() => this.#lent).filter((one) => one !== runs);
    };
  }

  find(command: Command): (() => void) | undefined {
    return this.#lent.findLast((runs) => runs[command])?.[command];
  }

  /** One key press. True if it did something, so that the browser's own meaning is left out. */
  press(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return false;
    const stroke = strokeOf(event);
    if (stroke === null || (isTyping(event.target) && !stroke.startsWith("Ctrl+"))) return false;
    if (document.querySelector(BEFORE_US) && !stroke.startsWith("Ctrl+")) return false;
    // When it was pressed, which on a busy page is long before now.
    const command = this.#reader.read(stroke, event.timeStamp);
    if (command === null || command === "waiting") return false;
    if (command === "open" && event.target instanceof HTMLElement && event.target.closest("a, button")) return false;
    const run = this.find(command);
    run?.();
    return run !== undefined;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

export const commands = new Commands();
