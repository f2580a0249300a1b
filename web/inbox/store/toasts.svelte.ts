// Short notices in a corner, read out by the live region; what they undo is what the undo key does.
import { ApiError } from "./client";
import { commands } from "./commands.svelte";
import { refusal } from "./refusals.svelte";
import { t, tMaybe } from "./words.svelte";

/** `undoes`: the undo key does it too, until it is done, over, or something newer can be undone. `of`: what `over` names. */
export type ToastAction = { label: string; run: () => void; undoes?: true; of?: string };
export type Toast = { id: number; text: string; tone: "plain" | "bad"; action?: ToastAction; isNews?: true };

/** What is let go of stays at least so long, to be read to its end. */
const LEAST = 3000;
const MOST = 4;

class Toasts {
  all: Toast[] = $state.raw([]);
  #next = 1;
  #isHeld = false;
  readonly #ends = new Map<number, { at: number; timer?: ReturnType<typeof setTimeout> }>();
  readonly #lent = new Map<number, () => void>();

  /** Its id, by which it can be closed. */
  show(text: string, action?: ToastAction, milliseconds = action ? 15_000 : 5000): number {
    const id = this.#next;
    const run = (): void => (this.close(id), action?.run());
    if (action?.undoes) this.#lent.set(id, commands.lend({ undo: run }));
    this.#push({ id, text, tone: "plain", action: action?.undoes ? { ...action, run } : action }, milliseconds);
    return id;
  }

  /** What nobody at this page asked for: on a phone it stands in the page, and lies over nothing that is about to be pressed. */
  tell(text: string, action?: ToastAction): void {
    this.#push({ id: this.#next, text, tone: "plain", action, isNews: true }, action ? 15_000 : 5000);
  }

  /** What was done, which one press, or the undo key, takes back. */
  undoable(text: string, undo: () => Promise<unknown>): void {
    this.show(text, { label: t("action.undo"), run: () => void undo().catch((error: unknown) => this.failed(error)), undoes: true });
  }

  /** What went wrong, in the reader's language where there is a text for it, else in the server's own sentence. */
  failed(error: unknown): void {
    this.#push({ id: this.#next, text: sentence(error), tone: "bad" }, 8000);
  }

  close(id: number): void {
    this.all = this.all.filter((one) => one.id !== id);
    clearTimeout(this.#ends.get(id)?.timer);
    this.#ends.delete(id);
    this.#lent.get(id)?.();
    this.#lent.delete(id);
  }

  /** None is for who signs in next. */
  forget(): void {
    for (const one of this.all) this.close(one.id);
  }

  /** It was undone elsewhere: nobody is offered to do it again. */
  over(of: string): void {
    for (const one of this.all) if (one.action?.of === of) this.close(one.id);
  }

  /** While somebody is at them, none goes. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const [id, end] of this.#ends) {
      clearTimeout(end.timer);
      if (!isHeld) end.timer = setTimeout(() => this.close(id), Math.max(LEAST, end.at - Date.now()));
    }
  }

  #push(toast: Toast, milliseconds: number): void {
    this.#next += 1;
    for (const one of this.all.slice(0, 1 - MOST)) this.close(one.id);
    this.all = [...this.all, toast];
    const timer = this.#isHeld ? undefined : setTimeout(() => this.close(toast.id), milliseconds);
    this.#ends.set(toast.id, { at: Date.now() + milliseconds, timer });
  }
}

export function sentence(error: unknown): string {
  if (error instanceof ApiError && error.code === "level_too_low") {
    const text = tMaybe(`low.${String(error.more.reason)}`);
    const levels = [error.more.needed, error.more.present].map((one) => tMaybe(`level.short_${String(one)}`) ?? "");
    if (text) return `${t("low.needs", { needed: levels[0] ?? "", present: levels[1] ?? "" })} ${text}`;
  }
  if (error instanceof ApiError && error.code !== "unreachable") return refusal(error.code)?.replace(/\{(\w+)\}/, (_, one: string) => String(error.more[one])) ?? error.detail;
  if (error instanceof ApiError) return t("error.unreachable");
  return error instanceof Error ? error.message : String(error);
}

export const toasts = new Toasts();
