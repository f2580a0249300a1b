// @vitest-environment happy-dom
// Who lost the password or the phone is helped on the page, by whom the server lets.
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../../../shared/api-types";

const ME = 1, OWNER = 2, ANA = 3, GONE = 4;
const LINK = "https://desk.example/invite?token=4f2a";
let hasTotp = true;
let refusal = 0;
let asked: string[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  if (request.method !== "GET") asked.push(`${request.method} ${path}`);
  if (request.method !== "GET" && refusal) return json({ code: "forbidden", detail: "Only an owner may do that to an owner." }, refusal);
  if (request.method === "DELETE") hasTotp = false;
  const one = (id: number, name: string, role: string, more = {}) => ({ id, name, email: `${id}@desk.example`, role, is_active: true, has_totp: false, ...more });
  const agents = [one(ME, "Me", "admin", { has_totp: true }), one(OWNER, "Boss", "owner"), one(ANA, "Ana", "agent", { has_totp: hasTotp }), one(GONE, "Gone", "agent", { is_active: false })];
  return json(path.endsWith("/reset") ? { url: LINK, expires_at: "2026-03-04T12:00:00Z" } : { agents, desks: [], photos: [] });
});
const { session } = await import("../../store/session.svelte");
const { default: Agents } = await import("./Agents.svelte");

let page: Record<string, unknown>;
beforeEach(() => {
  hasTotp = true;
  refusal = 0;
  asked = [];
});
afterEach(async () => {
  await unmount(page);
  document.body.replaceChildren();
});
const helps = (): (string | null)[] => [...document.querySelectorAll("button[aria-label^='Help ']")].map((one) => one.getAttribute("aria-label"));
const dialog = (): Element | null => document.querySelector("[role=dialog], dialog");
const shownLink = (): string | undefined => document.querySelector<HTMLInputElement>("li input[readonly]")?.value;
async function open(role: string): Promise<void> {
  session.me = { agent: { id: ME, role }, permissions: ["agents.change"] } as unknown as Me;
  page = mount(Agents, { target: document.body });
  await vi.waitFor(() => expect(document.querySelectorAll("li").length).toBe(4));
  await tick();
}
/** From Ana's menu, up to the question. */
async function choose(label: string): Promise<void> {
  document.querySelector<HTMLElement>("button[aria-label='Help Ana to sign in']")?.click();
  await vi.waitFor(() => expect(document.querySelectorAll("[role=menuitem]").length).toBe(2), 5000);
  [...document.querySelectorAll<HTMLElement>("[role=menuitem]")].find((one) => one.textContent.trim() === label)?.click();
  flushSync();
  await vi.waitFor(() => expect(dialog()).not.toBeNull(), 5000);
}
const confirm = (label: string): void => [...(dialog()?.querySelectorAll("button") ?? [])].find((one) => one.textContent.trim() === label)?.click();

test("everybody who is there is helped by an owner; an owner by no admin, and nobody by themselves", async () => {
  await open("admin");
  expect(helps()).toEqual(["Help Ana to sign in"]);
  await unmount(page);
  await open("owner");
  expect(helps()).toEqual(["Help Boss to sign in", "Help Ana to sign in"]);
});

test("the link for a new password is shown below whose it is once it was asked, and goes with what they were", async () => {
  await open("admin");
  await choose("Link for a new password");
  expect(dialog()?.textContent).toContain("Make sure that it is really Ana who asks.");
  expect(asked).toEqual([]);
  confirm("Make link");
  await vi.waitFor(() => expect(shownLink()).toBe(LINK));
  expect(document.querySelectorAll("li")[3]?.textContent).toContain("For Ana alone");
  expect(asked).toEqual([`POST /agents/${ANA}/reset`]);
  const role = document.querySelectorAll<HTMLSelectElement>("li select")[1];
  role?.dispatchEvent(new Event("change", { bubbles: true }));
  await vi.waitFor(() => expect(shownLink()).toBeUndefined());
  expect(asked.at(-1)).toBe(`PATCH /agents/${ANA}`);
});

test("a second step goes after it was asked whether it is really them, and can be turned off no more then", async () => {
  await open("admin");
  await choose("Turn off the second step");
  expect(dialog()?.textContent).toContain("Until Ana sets it up again");
  expect(asked).toEqual([]);
  confirm("Turn off the second step");
  await vi.waitFor(() => expect(asked).toEqual([`DELETE /agents/${ANA}/totp`]));
  await vi.waitFor(() => expect(document.querySelectorAll("li")[2]?.textContent).not.toContain("2 steps"));
});

test("a refusal is said in words where it was asked, and no link is shown", async () => {
  refusal = 403;
  await open("admin");
  await choose("Link for a new password");
  confirm("Make link");
  await vi.waitFor(() => expect(dialog()?.querySelector("[role=alert]")?.textContent).toMatch(/may not|Only an owner/));
  expect(shownLink()).toBeUndefined();
});
