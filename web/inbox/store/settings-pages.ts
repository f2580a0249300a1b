// The pages of the settings that this agent may open, each by its name.
import type { Language } from "../../shared/t";
import { c, loadComposeWords } from "./compose-words.svelte";
import { loadOpsWords, o } from "./ops-words.svelte";
import { rt } from "./reading-words.svelte";
import { loadRuleWords, r } from "./rule-words.svelte";
import { session } from "./session.svelte";
import { loadShiftWords, w } from "./shift-words.svelte";
import { t } from "./words.svelte";

export type SettingsPage = { key: string; href: string; label: string };

/** Until the words of a language are there, pages are called by those of the former one. */
export function loadSettingsWords(language: Language): void {
  for (const load of [loadOpsWords, loadComposeWords, loadRuleWords, loadShiftWords]) void load(language).catch(() => undefined);
}

/** What an address leads to: a page that this agent may not open, or that there is not, is their own one. */
export function pageAt(wanted: string): string {
  return settingsPages().some((one) => one.key === wanted) ? wanted : "me";
}

export function settingsPages(): SettingsPage[] {
  return [
    { key: "me", href: "/settings/me", label: t("settings.me") },
    { key: "alerts", href: "/settings/alerts", label: rt("alerts.title") },
    { key: "sending", href: "/settings/sending", label: c("sending.title") },
    { key: "security", href: "/settings/security", label: t("settings.security") },
    { key: "snippets", href: "/settings/snippets", label: t("settings.snippets") },
    ...(session.can("accounts.change") ? [{ key: "workspace", href: "/settings/workspace", label: o("workspace.title") }] : []),
    ...(session.can("agents.read") ? [{ key: "queue", href: "/settings/queue", label: r("queue.title") }] : []),
    ...(session.can("rules.change") || session.can("audit.read") ? [{ key: "triage", href: "/settings/triage", label: r("triage.title") }] : []),
    ...(session.can("rules.read") ? [{ key: "rules", href: "/settings/rules", label: r("title") }] : []),
    ...(session.can("agents.read") ? [{ key: "shifts", href: "/settings/shifts", label: r("shifts") }] : []),
    ...(session.can("agents.read") ? [{ key: "my-shifts", href: "/settings/my-shifts", label: w("my_title") }] : []),
    { key: "incidents", href: "/settings/incidents", label: w("in_title") },
    { key: "handovers", href: "/settings/handovers", label: w("ho_title") },
    { key: "deadlines", href: "/settings/deadlines", label: w("dl_title") },
    { key: "approvals", href: "/settings/approvals", label: r("approvals") },
    ...(session.can("webhooks.change") ? [{ key: "webhooks", href: "/settings/webhooks", label: r("webhooks") }] : []),
    ...(session.can("agents.change") ? [{ key: "agents", href: "/settings/agents", label: t("settings.agents") }] : []),
    ...(session.can("teams.change") ? [{ key: "teams", href: "/settings/teams", label: t("settings.teams") }] : []),
    ...(session.can("labels.change") ? [{ key: "labels", href: "/settings/labels", label: o("labels.title") }] : []),
    ...(session.can("fields.change") ? [{ key: "fields", href: "/settings/fields", label: r("case_fields") }] : []),
    ...(session.can("topics.change") ? [{ key: "topics", href: "/settings/topics", label: t("settings.topics") }] : []),
    ...(session.can("accounts.change") ? [{ key: "ladder", href: "/settings/ladder", label: t("settings.ladder") }] : []),
    ...(session.can("tokens.change") ? [{ key: "tokens", href: "/settings/tokens", label: t("settings.tokens") }] : []),
    ...(session.can("agents.change") || session.can("audit.read") ? [{ key: "roles", href: "/settings/roles", label: o("roles.title") }] : []),
    ...(session.can("audit.read") ? [{ key: "audit", href: "/settings/audit", label: o("audit.title") }] : []),
  ];
}
