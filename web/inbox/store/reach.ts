// Where a reply may go, and what the place allows. Pure: read from what the server says of each place.
import type { Capabilities, Id, Reach } from "../../shared/api-types";

/** The place a reply goes to unless the agent chose another: the server's default, else the first open one. */
export function defaultPlace(reach: readonly Reach[]): Reach | null {
  return (
    reach.find((one) => one.is_default && one.is_available) ?? reach.find((one) => one.is_available) ?? null
  );
}

export function chosenPlace(reach: readonly Reach[], placeId: Id | null): Reach | null {
  const named = reach.find((one) => one.place_id === placeId);
  return reach.find((one) => one.place_id === (named?.same_as ?? placeId) && one.is_available) ?? defaultPlace(reach);
}

/** As the server counts: characters, UTF-16 units, or bytes. */
export function lengthOf(text: string, unit: string): number {
  if (unit === "utf16") return text.length;
  if (unit === "bytes") return new TextEncoder().encode(text).length;
  return [...text].length;
}

/** How long a text is for the channel, once that is worth telling: it nears or passes the limit. Else 0. */
export function measure(text: string, capabilities: Capabilities | null): number {
  if (!capabilities?.text_limit) return 0;
  const length = lengthOf(text, capabilities.text_unit);
  return length > capabilities.text_limit * 0.8 ? length : 0;
}
