// Lines of a live log: joined by key in the order of time, and looked through. Pure.
import type { LogLine } from "../../shared/api-types";

export const MOST = 1000;

/** The same key says the same again in newer words; the oldest lines are let go. */
export function joined(old: readonly LogLine[], fresh: readonly LogLine[]): LogLine[] {
  const byKey = new Map(old.map((line) => [line.key, line]));
  for (const line of fresh) byKey.set(line.key, line);
  return [...byKey.values()].sort((one, other) => one.at.localeCompare(other.at) || one.key.localeCompare(other.key)).slice(-MOST);
}

/** Every word of the filter is somewhere in the line, whatever its case. */
export function matches(line: LogLine, filter: string): boolean {
  const text = [line.kind, line.code, line.reason, line.message_id, line.delivery_id].join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
