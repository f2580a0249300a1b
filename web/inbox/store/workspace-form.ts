// What the form of the desk shows: what is stored, until somebody has begun to change it. Pure.
import type { Workspace } from "../../shared/api-types";
import { aWeek } from "./hours";

/** A desk that nobody has named yet is offered what this browser knows. */
export function offered(found: Workspace, language: Workspace["language"], zone: string): Workspace {
  if (found.name !== "") return { ...found, hours: [...found.hours] };
  return { name: "", language, time_zone: zone || "UTC", hours: [aWeek()] };
}

/** Whether news are shown: nothing that was typed is lost to them. What was just saved is news as well. */
export function showsNews(filled: Workspace | null, typed: Workspace, fresh: Workspace): boolean {
  return filled === null || isSame(typed, filled) || isSame(typed, fresh);
}

function isSame(one: Workspace, other: Workspace): boolean {
  const all = ({ name, language, time_zone, hours }: Workspace): string => JSON.stringify([name, language, time_zone, hours.map(({ days, opens, closes }) => [days, opens, closes])]);
  return all(one) === all(other);
}
