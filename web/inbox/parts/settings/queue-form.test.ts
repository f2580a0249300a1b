// @vitest-environment happy-dom
// What a team has of its own stands in the form of the queue, and nothing of it goes unsaid.
import { mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { TeamRule } from "../../store/board.svelte";

const OWN = { team_id: 1, mode: "automatic", overflow_team_id: 2, overflow_minutes: 15, return_live_minutes: 5, return_slow_minutes: null };
const settings = { queue: { mode: "offered", default_capacity: 10, live_weight: 2, slow_weight: 1, offer_seconds: 60, decline_minutes: 30, sticky_hours: 72, return_slow_minutes: 40 }, teams: [OWN] };
let sent: [string, string, TeamRule | null][] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname;
  if (path.includes("/teams/")) sent.push([request.method, path.slice(-1), request.method === "PUT" ? ((await request.clone().json()) as TeamRule) : null]);
  const answer = { ...settings, lines: [], desks: [], cases: [], waiting: 0, next: null };
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { queue } = await import("../../store/queue.svelte");
const { staff } = await import("../../store/team.svelte");
const { default: QueueForm } = await import("./QueueForm.svelte");

let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});
async function begin(): Promise<void> {
  sent = [];
  queue.settings = settings as unknown as typeof queue.settings;
  staff.teams = [[1, "Payments"], [2, "Night"]].map(([id, name]) => ({ id, name, member_ids: [], lead_ids: [], access_classes: [] })) as unknown as typeof staff.teams;
  shown = mount(QueueForm, { target: document.body, props: { open: true } });
  await vi.waitFor(() => expect(field("", "Payments")).toBeTruthy());
}
/** The first field that is called so, or that of one team. */
function field<T extends HTMLElement = HTMLInputElement>(words: string, team?: string): T {
  const all = [...document.querySelectorAll(team && words ? `[role=group][aria-label="${team}"] label` : "label")];
  return all.find((one) => one.querySelector("span")?.textContent === (words || team))?.querySelector("input, select") as T;
}
function put(into: HTMLInputElement | HTMLSelectElement, value: string): void {
  into.value = value;
  into.dispatchEvent(new Event(into.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
}
/** Here no option answers to `:checked`, by which Svelte asks for it. */
const pick = (into: HTMLSelectElement, words: string): void => {
  const option = [...into.options].find((one) => one.textContent === words);
  Object.assign(into, { querySelector: () => option });
  into.dispatchEvent(new Event("change", { bubbles: true }));
};
const save = (): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === "Save");

test("who helps a team after how long is there to change, and all else of its own stays", async () => {
  await begin();
  expect(field("Live cases of who is away go back after, minutes", "Payments").value).toBe("5");
  put(field("Helped after, minutes", "Payments"), "30");
  await vi.waitFor(() => expect(save()?.disabled).toBe(false));
  save()?.click();
  const { team_id: _, ...rest } = OWN;
  await vi.waitFor(() => expect(sent).toEqual([["PUT", "1", { ...rest, overflow_minutes: 30 }]]));
});

test("as the whole queue, a team's own goes only where that is said", async () => {
  await begin();
  expect(document.body.textContent).not.toContain("are removed with that");
  pick(field<HTMLSelectElement>("", "Payments"), "As the whole queue");
  await vi.waitFor(() => expect(document.body.textContent).toContain("Who helps it, and its own minutes, are removed with that."));
  save()?.click();
  await vi.waitFor(() => expect(sent).toEqual([["DELETE", "1", null]]));
});

test("a rule of its own begins with the minutes of the whole queue, and who helps says after how many", async () => {
  await begin();
  pick(field<HTMLSelectElement>("", "Payments"), "As the whole queue");
  pick(field<HTMLSelectElement>("", "Night"), "when agents take them");
  await vi.waitFor(() => expect(field("Other cases of who is away go back after, minutes", "Night")?.value).toBe("40"));
  expect(field("Helped after, minutes", "Night")).toBeUndefined();
  pick(field<HTMLSelectElement>("Without room it is helped by", "Night"), "Payments");
  await vi.waitFor(() => expect(save()?.disabled).toBe(true));
  put(field("Helped after, minutes", "Night"), "0");
  await vi.waitFor(() => expect(save()?.disabled).toBe(false));
  save()?.click();
  const wanted = { mode: "manual", overflow_team_id: 1, overflow_minutes: 0, return_live_minutes: null, return_slow_minutes: 40 };
  await vi.waitFor(() => expect(sent).toEqual([["DELETE", "1", null], ["PUT", "2", wanted]]));
});
