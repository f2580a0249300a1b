// What a new desk goes through, and how far it has come. Pure.
import type { FirstRun } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";

export type FirstStep = { key: "workspace" | "account" | "message" | "answer" | "colleague"; isDone: boolean; href: string };

export function firstSteps(found: FirstRun | null): FirstStep[] {
  if (found === null) return [];
  return [
    { key: "workspace", isDone: found.has_workspace, href: "/settings/workspace" },
    { key: "account", isDone: found.has_account, href: "/connectors/new" },
    { key: "message", isDone: found.has_message, href: "/setup" },
    { key: "answer", isDone: found.has_answer, href: "/inbox/open" },
    { key: "colleague", isDone: found.has_colleague, href: "/settings/agents" },
  ];
}

/** Whether a step that is open may be done by this. No event tells of a colleague. */
export function mayFinish(found: FirstRun, event: FeedEvent): boolean {
  if (event.kind === "workspace.changed") return !found.has_workspace;
  if (event.kind === "account.changed") return !found.has_account;
  if (event.kind !== "message.created") return false;
  const { direction, author } = event.message;
  return (direction === "in" && !found.has_message) || (direction === "out" && author.kind === "agent" && !found.has_answer);
}
