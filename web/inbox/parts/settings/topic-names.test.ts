// @vitest-environment happy-dom
// Where settings choose or name a topic, it is called as the reader calls it, as everywhere else.
import { mount, tick, unmount, type Component } from "svelte";
import { expect, test, vi } from "vitest";
import type { Me } from "../../../shared/api-types";

const answers: Record<string, unknown> = {
  "/reply-topics": { topics: [{ id: 1, name: "Withdrawals", names: { ru: "Выводы" } }] },
  "/approvals": { approvals: [], before: null },
  "/approval-policy": { amounts: [{ above: 5, topic_ids: [1] }], snippet_ids: [] },
  "/deadline-plan": { revision: 0, doubts: [], plan: { policies: [{ name: "Fast", fits: { topic_ids: [1, 9] } }] } },
  "/snippets": { snippets: [] },
  "/agents": { agents: [] },
  "/teams": { teams: [] },
};
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  return new Response(JSON.stringify(answers[path] ?? {}), { headers: { "Content-Type": "application/json" } });
});
const { session } = await import("../../store/session.svelte");
const { speech } = await import("../../store/words.svelte");
const { default: Approvals } = await import("./Approvals.svelte");
const { default: Deadlines } = await import("./Deadlines.svelte");
const { default: PolicyForm } = await import("./PolicyForm.svelte");
const { default: WebhookForm } = await import("./WebhookForm.svelte");

test.each([
  ["the list of what needs approval, and its choice", Approvals, {}, 2],
  ["the list of deadlines", Deadlines, {}, 1],
  ["the form of a deadline", PolicyForm, { open: true, at: 0 }, 1],
  ["the form of a webhook", WebhookForm, { open: true, one: null }, 1],
] as [string, unknown, Record<string, unknown>, number][])("%s", async (_, part, props, times) => {
  speech.language = "ru";
  session.me = { agent: { id: 1, role: "admin" }, permissions: ["approvals.change"] } as unknown as Me;
  const shown = mount(part as Component, { target: document.body, props });
  await vi.waitFor(() => expect(document.body.textContent.match(/Выводы/g)).toHaveLength(times), 5000);
  await tick();
  expect(document.body.textContent).not.toContain("Withdrawals");
  await unmount(shown);
  document.body.replaceChildren();
});
