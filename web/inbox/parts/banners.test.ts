// @vitest-environment happy-dom
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Account, Me, Webhook } from "../../shared/api-types";

const hooks: Partial<Webhook>[] = [];
const asked: string[] = [];
let isDown = false;
vi.stubGlobal("fetch", async (request: Request) => {
  asked.push(new URL(request.url).pathname);
  if (isDown) return new Response("{}", { status: 502 });
  return new Response(JSON.stringify({ webhooks: hooks }), { headers: { "Content-Type": "application/json" } });
});
const { accounts } = await import("../store/accounts.svelte");
const { awaiting } = await import("../store/awaiting.svelte");
const { desk } = await import("../store/desk.svelte");
const { session } = await import("../store/session.svelte");
const { webhooks } = await import("../store/webhooks.svelte");
const { default: Banners } = await import("./Banners.svelte");

let shown: Record<string, unknown>;
const is = (...permissions: string[]): void => void (session.me = { agent: { id: 1, settings: {} }, permissions } as unknown as Me);
const show = (): void => void ((shown = mount(Banners, { target: document.body })), flushSync());
beforeEach(() => {
  webhooks.forget();
  hooks.length = asked.length = 0;
  accounts.all = [];
  isDown = false;
});
afterEach(async () => {
  await unmount(shown);
  session.me = null;
});
const said = (): (string | undefined)[][] =>
  [...document.querySelectorAll(".banner")].map((one) => [one.querySelector("span")?.textContent.replace(/\s+/g, " ").trim(), one.querySelector("a")?.getAttribute("href") ?? undefined]);
const tell = (): void => desk.take({ type: "event", position: 1, person_id: null, kind: "webhooks.changed" } as unknown as Parameters<typeof desk.take>[0]);
const down = (id: number, label: string): Account =>
  ({ id, label, channel: "email", channel_name: "E-mail", state: "active", is_draining: false, paused_code: "", paused_reason: "", health: { state: "down", detail: "No answer" }, since: null }) as unknown as Account;

test.each([
  [["Mail"], ["Mail (E-mail): does not answer: what is written to it comes in later, and replies wait. No answer", "/connectors/1"]],
  [["Mail", "Chat", "Bot"], ["Not working: 3 accounts Mail · Chat · Bot", "/connectors"]],
])("accounts that do not work are one banner: %s", (labels, expected) => {
  accounts.all = labels.map((label, at) => down(at + 1, label));
  show();
  expect(said()).toEqual([expected]);
});

test("a webhook that stopped by itself is said to who looks after them, as it happens; one that somebody paused is not", async () => {
  hooks.push({ id: 1, label: "CRM", state: "paused", paused_because: "by_hand" }, { id: 2, label: "Pager", state: "active", paused_because: "" });
  is("webhooks.change");
  show();
  await vi.waitFor(() => expect(webhooks.isLoaded).toBe(true));
  await tick();
  expect(said()).toEqual([]);
  hooks[1] = { ...hooks[1], state: "paused", paused_because: "gone" };
  tell();
  await vi.waitFor(() => expect(said()).toEqual([["Webhooks that stopped by themselves: Pager", "/settings/webhooks"]]));
  awaiting.dangers = [{ message_id: 4, person_id: 7, danger: "account_stolen", name: "Ana", escalated_at: null }] as unknown as typeof awaiting.dangers;
  await tick();
  expect(said().flat()).not.toContain("/settings/webhooks");
  awaiting.forget();
  is("cases.change");
  await tick();
  expect(said()).toEqual([]);
});

test("a webhook that stops after a first answer that failed is said, and asked for by nobody who may not see it", async () => {
  hooks.push({ id: 2, label: "Pager", state: "paused", paused_because: "gone" });
  isDown = true;
  is("webhooks.change");
  show();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  isDown = false;
  tell();
  await vi.waitFor(() => expect(said()).toEqual([["Webhooks that stopped by themselves: Pager", "/settings/webhooks"]]));
  is("cases.change");
  tell();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toHaveLength(2);
});

test("nobody else asks for webhooks", async () => {
  is("cases.change");
  show();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(asked).toEqual([]);
});
