// Whether one is there, as the agent's own menu says it: in words and with a sign.
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleMinus from "@lucide/svelte/icons/circle-minus";
import CircleOff from "@lucide/svelte/icons/circle-off";
import Clock from "@lucide/svelte/icons/clock";
import type { Action } from "../../shared/ui/action";
import { lt } from "./list-words.svelte";
import { queue, type Availability } from "./queue.svelte";
import { session } from "./session.svelte";

export type Duty = { availability: Availability; said: string; sign: typeof Clock; choices: Action[] };

const SIGNS: Record<Availability, typeof Clock> = { online: CircleCheck, busy: CircleMinus, away: Clock, offline: CircleOff };
/** Nobody chooses to be offline: it follows where no page is open. */
const CHOICES = ["online", "busy", "away"] as const;

/** Null until the server has said it. Reactive. */
export function ownDuty(): Duty | null {
  const availability = queue.own?.desk.availability;
  if (!availability) return null;
  const choices = CHOICES.map((one) => ({
    key: one, label: lt(`duty.${one}`), hint: lt(`duty.${one}_text`), icon: SIGNS[one], isChecked: one === availability, run: () => void queue.set(one),
  }));
  return { availability, said: lt(`duty.${availability}`), sign: SIGNS[availability], choices: session.can("cases.change") ? choices : [] };
}
