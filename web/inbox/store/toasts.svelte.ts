// Short notices in a corner, read out by the live region.
import { ApiError } from "./client";
import { refusal } from "./refusals.svelte";
import { t, tMaybe } from "./words.svelte";

export type Toast = { id: number; text: string; tone: "plain" | "bad"; action?: { label: string; run: () => void } };

class Toasts {
  all: Toast[] = $state.raw([]);
  #next = 1;

  show(text: string, action?: Toast["action"], milliseconds = action ? 15_000 : 5000): void {
    this.#push({ id: this.#next, text, tone: "plain", action }, milliseconds);
  }

  /** What went wrong, in the reader's language where there is a text for it, else in the server's own sentence. */
  failed(error: unknown): void {
    this.#push({ id: this.#next, text: sentence(error), tone: "bad" }, 8000);
  }

  close(id: number): void {
    this.all = this.all.filter((one) => one.id !== id);
  }

  #push(toast: Toast, milliseconds: number): void {
    this.#next += 1;
    this.all = [...this.all.slice(-3), toast];
    setTimeout(() => this.close(toast.id), milliseconds);
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
