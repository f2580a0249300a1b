// The address bar is the state of the page: /inbox/<view>/<person>, /people/<page>, /connectors, /settings/<page> …
import type { Id, ViewKey } from "../shared/api-types";

export type Route =
  | { screen: "inbox"; view: ViewKey; personId: Id | null }
  | { screen: "connectors"; page: string; tab: string }
  | { screen: "settings"; page: string }
  | { screen: "people"; page: string }
  | { screen: "search" }
  | { screen: "drafts" }
  | { screen: "setup" | "login" | "invite" | "missing" };

const VIEW_KEYS: readonly string[] = ["open", "mine", "unassigned", "mentions", "snoozed", "solved", "all"];

export function read(path: string): Route {
  const [screen = "", second = "", third = ""] = path.split("/").filter(Boolean);
  switch (screen) {
    case "":
    case "inbox": {
      const [whole = "", ...filter] = second.split("~");
      const view = (VIEW_KEYS.includes(whole) || /^v[1-9]\d*$/.test(whole) ? [whole, ...decoded(filter.join("~"))].join("~") : "open") as ViewKey;
      return { screen: "inbox", view, personId: /^[1-9]\d*$/.test(third) ? Number(third) : null };
    }
    case "connectors":
      return { screen, page: second, tab: third };
    case "people":
    case "settings":
      return { screen, page: second };
    case "search":
    case "drafts":
    case "setup":
    case "login":
    case "invite":
      return { screen };
    default:
      return { screen: "missing" };
  }
}

/** The query in an address; none of one that somebody broke. */
function decoded(filter: string): string[] {
  try {
    return filter ? [decodeURIComponent(filter)] : [];
  } catch {
    return [];
  }
}

/** `at`: the message to open at. */
export function toInbox(key: ViewKey, personId: Id | null = null, at: Id | null = null): string {
  const view = key.replace(/~([^]*)$/, (_, filter: string) => `~${encodeURIComponent(filter)}`);
  return personId === null ? `/inbox/${view}` : `/inbox/${view}/${personId}${at === null ? "" : `?at=${at}`}`;
}
