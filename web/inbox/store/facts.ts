// What is known of a person, as it is read and typed. Pure.
import type { Attribute, Person } from "../../shared/api-types";

export type Kind = "text" | "number" | "flag";
export type LocalTime = { zone: string; source: "host" | "note" };

const ZONE_NAMES = ["time_zone", "timezone", "timeZone", "tz"];

export function kindOf(value: unknown): Kind {
  return typeof value === "boolean" ? "flag" : typeof value === "number" ? "number" : "text";
}

/** What was typed, as the kind says; null: it is no such thing. */
export function typed(text: string, kind: Kind): Attribute | null {
  if (kind === "flag") return text === "true";
  if (kind === "text") return text.trim() === "" ? null : text.trim();
  const number = Number(text.trim().replace(/\s/g, "").replace(",", "."));
  return text.trim() !== "" && Number.isFinite(number) ? number : null;
}

/** In which time zone somebody lives: as the site says, else as an attribute does. Null: nobody says a known one. */
export function localTime(person: Person): LocalTime | null {
  for (const account of person.host_accounts) {
    const zone = zoneIn(account.attributes);
    if (zone) return { zone, source: "host" };
  }
  const zone = zoneIn(person.attributes);
  return zone ? { zone, source: "note" } : null;
}

function zoneIn(attributes: Record<string, unknown>): string | null {
  for (const name of ZONE_NAMES) {
    const zone = attributes[name];
    if (typeof zone === "string" && isZone(zone)) return zone;
  }
  return null;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The clock on their wall, with the day where it is another one. */
export function wallClock(now: number, zone: string, locale: string): string {
  const dayOf = (timeZone?: string): string => new Intl.DateTimeFormat("en-CA", { timeZone }).format(now);
  const isOtherDay = dayOf(zone) !== dayOf();
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit", minute: "2-digit", timeZone: zone, ...(isOtherDay ? { weekday: "short" } : {}),
  }).format(now);
}
