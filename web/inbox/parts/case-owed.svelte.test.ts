// @vitest-environment happy-dom
// What a case owes is shown with its time; promises are made and ended here; its history is unfolded.
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { oneCase } from "../store/samples";

const NOW = Date.now();
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();
const owes = (changes: object): object => ({ target: "first_reply", ref: 1, policy: "All", started_at: at(-60), due_at: at(120), remaining_seconds: null, ended_at: null, ending: null, breached_at: null, words: "", ...changes });
const became = (changes: object): object => ({ at: at(-9), cause: "agent", agent_id: null, state: "open", owner_id: null, team_id: null, priority: 3, topic_id: null, topic: "", ...changes });
const filled = (changes: object): object => ({ field_id: 1, name: "Insured", kind: "yes_no", at: at(-8), cause: "agent", agent_id: null, value: "yes", ...changes });
const asked: { path: string; body: unknown }[] = [];
let owed: Record<number, object[]> = {};
let loads = 0;
let isEnded = false;
let isDown = false;
/** Of its history, where a test asks for others. */
let times: object = {};
/** What waits for it is answered out of order. */
let slow: Promise<void> | null = null;
vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/", search: "", href: "https://desk.example/" });
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  if (request.method === "POST") asked.push({ path, body: await request.json() });
  const id = Number(/\d+/.exec(path)?.[0]);
  if (isEnded && request.method === "POST") return new Response(JSON.stringify({ error: "already_ended", message: "It has ended already." }), { status: 409, headers: { "Content-Type": "application/json" } });
  if (request.method === "GET" && path.endsWith("/deadlines")) loads += 1;
  if (isDown) return new Response("{}", { status: 503, headers: { "Content-Type": "application/json" } });
  if (path.endsWith("/history") && slow) {
    const was = slow;
    slow = null;
    await was;
    return new Response(JSON.stringify({ changes: [], fields: [] }), { headers: { "Content-Type": "application/json" } });
  }
  const answer =
    path.startsWith("/promises/") ? { deadlines: [] }
    : path.endsWith("/history") ? { seconds_in: { open: 7200, waiting: 172800, snoozed: 0, solved: 0 }, reopened_count: 0, reopened_at: null, ...times, changes: [became({ cause: "opened" }), became({ cause: "triage", priority: 1, topic_id: 4, topic: "Auszahlungen" }), became({ state: "waiting", priority: 1, topic_id: 17, topic: "Chargebacks", owner_id: 2, team_id: 3, agent_id: 2 })], fields: [filled({ at: at(-10) }), filled({ agent_id: 2, value: null }), filled({ field_id: 2, name: "Chain", kind: "choice", cause: "merged", at: at(-7), value: "TRC-20" })] }
    : path === "/agents" ? { agents: [{ id: 2, name: "Bo" }] }
    : path === "/teams" ? { teams: [] }
    : path === "/reply-topics" ? { topics: [{ id: 4, name: "Auszahlungen", names: { en: "Withdrawals" } }] }
    : { deadlines: owed[id] ?? [] };
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { desk } = await import("../store/desk.svelte");
const { session } = await import("../store/session.svelte");
const { speech } = await import("../store/words.svelte");
const { default: CaseOwed } = await import("./CaseOwed.svelte");

let part: Record<string, unknown> | undefined;
const props = $state({ one: oneCase(7) });
const text = (): string => document.body.textContent ?? "";
const button = (label: string): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent?.trim() === label);
const confirm = (): void => document.querySelector<HTMLButtonElement>("[role=dialog] [type=submit]")?.click();
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await tick();
  flushSync();
}
async function open(...permissions: string[]): Promise<void> {
  session.me = { permissions, agent: { settings: {} } } as unknown as Me;
  props.one = oneCase(7, { revision: 1 });
  part = mount(CaseOwed, { target: document.body, props });
  await settle();
}
afterEach(async () => {
  if (part) await unmount(part);
  part = undefined;
  asked.length = 0;
  document.body.replaceChildren();
});

test("what is owed stands with how long there is, what is late is marked, and what ended is not there", async () => {
  owed = { 7: [owes({}), owes({ target: "promise", ref: 5, words: "Ask the bank", due_at: at(-5) }), owes({ target: "next_reply", ended_at: at(-1), ending: "answered" })] };
  await open("cases.change");
  expect([...document.querySelectorAll("ul li .what")].map((one) => one.textContent)).toEqual(["first answer", "Ask the bank"]);
  expect(document.querySelector("ul li:nth-child(1) time")?.className).not.toContain("bad");
  expect(document.querySelector("ul li:nth-child(2) time")?.className).toContain("bad");
});

test("a promise is kept once that was asked, and who may not change cases has none", async () => {
  owed = { 7: [owes({ target: "promise", ref: 5, words: "Ask the bank" })] };
  await open("conversations.read");
  expect(text()).toContain("Ask the bank");
  expect([button("Kept"), button("Promise something")]).toEqual([undefined, undefined]);
  if (part) await unmount(part);
  await open("cases.change");
  expect(document.getElementById(button("Kept")?.getAttribute("aria-describedby") ?? "")?.textContent).toBe("Ask the bank");
  button("Kept")?.click();
  await settle();
  expect(asked).toEqual([]);
  expect(document.querySelector("[role=dialog]")?.textContent).toContain("This ends the promise “Ask the bank”");
  confirm();
  await settle();
  expect(asked).toEqual([{ path: "/promises/5/end", body: { ending: "kept" } }]);
  expect(text()).not.toContain("Ask the bank");
});

test("another case has its own deadlines, and nothing of the one before", async () => {
  owed = { 7: [owes({ target: "promise", ref: 5, words: "Ask the bank" })], 8: [owes({ target: "resolution" })] };
  await open("cases.change");
  props.one = oneCase(8, { revision: 1 });
  flushSync();
  expect(text()).not.toContain("Ask the bank");
  await settle();
  expect(text()).toContain("solution");
});

test("who may promise nothing where nothing is owed reads nothing of it, nor does anybody of what is merged or solved", async () => {
  owed = {};
  await open("conversations.read");
  expect(document.querySelector("h3")).toBeNull();
  if (part) await unmount(part);
  await open("cases.change");
  expect(button("Promise something")).toBeDefined();
  for (const changes of [{ merged_into_id: 8 }, { state: "solved" as const }]) {
    props.one = oneCase(7, changes);
    flushSync();
    expect(text().trim()).toBe("History");
  }
});

test("what a colleague ended is asked for again, and each change of deadlines a little later, once", async () => {
  owed = { 7: [owes({ target: "promise", ref: 5, words: "Ask the bank" })] };
  await open("cases.change");
  owed = { 7: [] };
  isEnded = true;
  button("Take back")?.click();
  await settle();
  confirm();
  await settle();
  isEnded = false;
  expect(text()).not.toContain("Ask the bank");

  owed = { 7: [owes({ target: "resolution" })] };
  vi.useFakeTimers();
  const before = loads;
  for (let turn = 0; turn < 9; turn += 1) desk.take({ kind: "deadlines.changed", person_id: 3, case_id: 70 + turn } as FeedEvent);
  await vi.advanceTimersByTimeAsync(4000);
  expect(loads).toBe(before);
  for (const case_id of [7, null, 7]) desk.take({ kind: "deadlines.changed", case_id } as FeedEvent);
  await vi.advanceTimersByTimeAsync(4000);
  vi.useRealTimers();
  await settle();
  expect(loads).toBe(before + 1);
  expect(text()).toContain("solution");
});

test("its history is asked for once unfolded, and says what was changed by whom, newest first", async () => {
  owed = {};
  await open("conversations.read");
  expect(document.querySelector("ol li")).toBeNull();
  document.querySelector("details")?.toggleAttribute("open", true);
  document.querySelector("details")?.dispatchEvent(new Event("toggle"));
  await settle();
  const lines = [...document.querySelectorAll("ol li")];
  expect(lines.map((one) => [...one.querySelectorAll("div")].map((each) => each.textContent))).toEqual([
    ["Chain: TRC-20"],
    ["Insured: –"],
    ["Waiting", "Topic: Chargebacks", "Owner: Bo", "Team: no longer here"],
    ["Priority: Urgent", "Topic: Withdrawals"],
    ["Open", "Priority: Normal"],
    ["Insured: Yes"],
  ]);
  expect(lines.map((one) => one.querySelector("bdi")?.textContent)).toEqual(["cases were merged or split", "Bo", "Bo", "triage", "it began", "a rule"]);

  let goOn = (): void => undefined;
  slow = new Promise((resolve) => (goOn = resolve));
  props.one = oneCase(7, { revision: 2 });
  await settle();
  props.one = oneCase(7, { revision: 3 });
  await settle();
  goOn();
  await settle();
  expect(document.querySelectorAll("ol li")).toHaveLength(6);
});

test("its history says for how long it waited for whom, also while that goes on, and when it was opened again", async () => {
  await open("conversations.read");
  props.one = oneCase(7, { revision: 1, state: "waiting" });
  document.querySelector("details")?.toggleAttribute("open", true);
  document.querySelector("details")?.dispatchEvent(new Event("toggle"));
  await settle();
  expect(document.querySelector("details p")?.textContent).toBe("Waited for the desk 2h, for the person 2d");
  speech.now = Date.now() + 5 * 3_600_000;
  flushSync();
  expect(document.querySelector("details p")?.textContent).toBe("Waited for the desk 2h, for the person 3d");
  speech.now = Date.now();

  times = { seconds_in: { open: 61, waiting: 0, snoozed: 3600, solved: 9 }, reopened_count: 2, reopened_at: at(-1) };
  props.one = oneCase(7, { revision: 2 });
  await settle();
  expect(document.querySelector("details p")?.textContent).toMatch(/^Waited for the desk 2m, for the person 0m · Snoozed: 1h · Opened again last .+, in all 2 times$/);
  times = {};
});

test("what could not be asked for is not told as nothing owed, and is asked for again", async () => {
  owed = { 7: [owes({ target: "promise", ref: 5, words: "Ask the bank" })] };
  isDown = true;
  await open("cases.change");
  expect([button("Promise something"), text()]).toEqual([undefined, expect.stringContaining("could not be loaded")]);
  isDown = false;
  button("Try again")?.click();
  await settle();
  expect(text()).toContain("Ask the bank");
  expect([button("Promise something") !== undefined, text().includes("could not be loaded")]).toEqual([true, false]);
});

test("what is not shown any more is not asked for once the page is seen again", async () => {
  owed = { 7: [owes({})] };
  await open("cases.change");
  vi.useFakeTimers();
  const sight = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  const before = loads;
  desk.take({ kind: "deadlines.changed" } as FeedEvent);
  await vi.advanceTimersByTimeAsync(4000);
  if (part) await unmount(part);
  part = undefined;
  sight.mockRestore();
  document.dispatchEvent(new Event("visibilitychange"));
  vi.useRealTimers();
  await settle();
  expect(loads).toBe(before);
});
