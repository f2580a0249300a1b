// Deadlines that this agent is told of. Hundreds pass within minutes when a market moves, or where a plan begins to hold for what
// waits already: one is said, and what comes within its minute is said together, with the way to all of them.
import type { Id } from "../../shared/api-types";
import { toInbox } from "../router";
import { pagePlace } from "./place.svelte";
import { toasts, type ToastAction } from "./toasts.svelte";
import { t } from "./words.svelte";

/** Of a notice that stays for 15 s: three quarters of the time there is none. */
const APART = 60_000;

export type DueNotice = { personId: Id; said: string; action: ToastAction; hasPassed: boolean };

class DueNews {
  #waiting: DueNotice[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  tell(notice: DueNotice): void {
    this.#waiting.push(notice);
    if (this.#timer === undefined) this.#say();
  }

  /** This agent may see them no more. */
  drop(personId: Id): void {
    this.#waiting = this.#waiting.filter((one) => one.personId !== personId);
  }

  /** None is for who signs in next. */
  forget(): void {
    this.#timer = void clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #say(): void {
    this.#timer = undefined;
    const [only, ...others] = this.#waiting;
    this.#waiting = [];
    if (!only) return;
    this.#timer = setTimeout(() => this.#say(), APART);
    if (others.length === 0) {
      toasts.tell(only.said, only.action);
      return;
    }
    const hasPassed = [only, ...others].some((one) => one.hasPassed);
    const run = (): void => pagePlace.go(toInbox(hasPassed ? "open~sla:late" : "open~sla:due"));
    toasts.tell(t(hasPassed ? "deadline.passed_n" : "deadline.near_n", { n: others.length + 1 }), { label: t("pending.view"), run });
  }
}

export const dueNews = new DueNews();
