// Dangers that this agent was told of and to which nobody has come: one at a time stands on the page until it is pressed.
import { SvelteSet } from "svelte/reactivity";
import type { WaitingDanger } from "../../shared/api-types";
import { awaiting } from "./awaiting.svelte";
import { desk } from "./desk.svelte";
import { t, tMaybe } from "./words.svelte";

/** Told once more, as nobody came, it is another one. */
export const keyOf = (one: WaitingDanger): string => `${one.message_id}:${one.escalated_at ?? ""}`;

class Dangers {
  readonly #away = new SvelteSet<string>();
  /** Those that were not put away. The first is the one to go to. */
  readonly all = $derived(awaiting.dangers.filter((one) => !this.#away.has(keyOf(one))));

  /** On this page, until it is loaded anew: to who comes back it is as open as it was. */
  putAway(one: WaitingDanger): void {
    this.#away.add(keyOf(one));
  }

  forget(): void {
    this.#away.clear();
  }
}

/** People name themselves: nobody takes the page by it from who is to help. */
const LONGEST_NAME = 40;
const short = (name: string): string => (name.length > LONGEST_NAME ? `${[...name].slice(0, LONGEST_NAME - 1).join("")}…` : name);

/** On a line: in as few words as a small phone has room for. */
export function sayDanger({ danger, name }: WaitingDanger, how: "danger.line" | "danger.toast"): string {
  return t(how, { danger: tMaybe(`danger.${danger}`) ?? danger, name: short(name) });
}

/** What is to be read out of these: each that was not there before. `said` grows by them. */
export function newOf(dangers: readonly WaitingDanger[], said: Set<string>): WaitingDanger[] {
  const fresh = dangers.filter((one) => !said.has(keyOf(one)));
  for (const one of fresh) said.add(keyOf(one));
  return fresh;
}

export const dangers = new Dangers();
desk.whenEnded(() => dangers.forget());
