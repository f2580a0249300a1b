// What the keys and the palette can do right now. Screens lend their commands while they are on the page.
import { tick, untrack } from "svelte";
import { BINDINGS, KeyReader, strokeOf, type Command } from "../../shared/keys";
import { holdKeys, type LetGo } from "../../shared/ui/held-keys";
import { keymap } from "./keymap.svelte";

export type Runs = Partial<Record<Command, () => void>>;

/** What a conversation lends once it is there. */
const OF_CONVERSATION: ReadonlySet<Command> = new Set(BINDINGS.filter((one) => one.where === "conversation").map((one) => one.command));
/** A key that is held down goes on only where it changes nothing. */
const REPEATED: ReadonlySet<Command> = new Set(["previousCase", "nextCase"]);

/** What is open has the keys to itself; what is on its way out has them no more. */
const BEFORE_US = ":is([role=dialog], [role=menu], [role=listbox]):not([hidden], [data-state=closed], [data-state=closed] *)";

type Coming = { hasCome: () => boolean };
type Waiting = { one: Coming; command: Command; letGo: LetGo };

class Commands {
  #lent: Runs[] = $state.raw([]);
  #before: Runs[] = $state.raw([]);
  #coming: Coming | null = null;
  /** Was asked for before anybody had lent it. */
  #waiting: Waiting | null = null;
  #reader = new KeyReader(() => keymap.bindings);

  /** Until the returned function is called, these commands work. The latest lender of a command who has it now wins. */
  lend(runs: Runs): () => void {
    // Lending is done in effects, which must not run again because of what they did themselves.
    this.#lent = [...untrack(() => this.#lent), runs];
    return () => {
      this.#lent = untrack(() => this.#lent).filter((one) => one !== runs);
    };
  }

  /** As `lend`; and whatever others lend, also later, these win. */
  lendBefore(runs: Runs): () => void {
    this.#before = [...untrack(() => this.#before), runs];
    return () => {
      this.#before = untrack(() => this.#before).filter((one) => one !== runs);
    };
  }

  /**
   * A conversation is on its way. Until the returned function is called, a command that only a conversation can lend is
   * kept for it, with the keys behind it: they would act on something else, or be lost. `hasCome` is asked then.
   */
  await(hasCome: () => boolean): () => void {
    const one = (this.#coming = { hasCome });
    return () => {
      if (this.#coming === one) this.#coming = null;
      // What it lends is lent by then, in whichever order their effects run.
      void tick().then(() => this.#waiting?.one === one && this.#serve(this.#waiting));
    };
  }

  find(command: Command): (() => void) | undefined {
    return [...this.#lent, ...this.#before].findLast((runs) => runs[command])?.[command];
  }

  /** Now, or as soon as the conversation is there that is on its way. False if there is nobody who does it. */
  run(command: Command): boolean {
    const run = this.find(command);
    if (run) run();
    // Nobody has seen yet what would be solved and left.
    else if (command !== "solveNext" && this.#coming && OF_CONVERSATION.has(command)) this.#wait(command, this.#coming);
    else return false;
    return true;
  }

  #wait(command: Command, one: Coming): void {
    this.#waiting?.letGo(true);
    this.#waiting = { one, command, letGo: holdKeys(() => (this.#waiting = null)) };
  }

  #serve({ one, command, letGo }: Waiting): void {
    this.#waiting = null;
    const run = one.hasCome() ? this.find(command) : undefined;
    // What it opens holds the keys from here on, as soon as it is drawn.
    const own = holdKeys();
    // After a wait that was too long nobody means it any more.
    if (letGo(run === undefined)) run?.();
    void tick().then(() => own());
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
    return (event.repeat && OF_CONVERSATION.has(command) && !REPEATED.has(command)) || this.run(command);
  }
}

/** Nothing is written into a tick: what it did is undone by the key at once. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"));
}

export const commands = new Commands();
