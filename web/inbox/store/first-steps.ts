// What a new desk goes through, and how far it has come. Pure.
import type { FirstRun } from "../../shared/api-types";

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
