// What a tick means: what the network told, and what it never will. From the capability record, not from a channel's name. Pure.
import type { Delivery, Reach } from "../../shared/api-types";

/** What is not to be expected any more: `all`: whether it arrives or is read; `read`: only that. */
export type Silence = "all" | "read";

export function silenceAfter(state: Delivery["state"], receipts: readonly string[] | undefined): Silence | null {
  if (!receipts || (state !== "sent" && state !== "delivered")) return null;
  if (receipts.includes("read")) return null;
  return state === "sent" && !receipts.includes("delivered") ? "all" : "read";
}

/** What the account that carries it can tell; undefined: this is not known here. */
export function receiptsOf(reach: readonly Reach[], delivery: Delivery): readonly string[] | undefined {
  const of = reach.find((one) => one.account_id === delivery.account_id) ?? reach.find((one) => one.channel === delivery.channel);
  return of?.capabilities.receipts;
}

/** Another way than the one that failed, if there is one that is open now. */
export function otherWay(reach: readonly Reach[], delivery: Delivery): Reach | undefined {
  return reach.find((one) => one.is_available && one.place_id !== delivery.place_id);
}
