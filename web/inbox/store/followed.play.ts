// For each kind of event: a page that was open when it happened, and was told, holds what a fresh page would fetch.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Conversation, ConversationRow, Id, Index, MessagePage, ViewKey } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";

type Snapshot = {
  views: Record<string, Index>;
  rows: ConversationRow[];
  conversations: Record<string, { conversation: Conversation; page: MessagePage }>;
  /** Everything else that a page asks for, by its path. */
  others: Record<string, unknown>;
};
type Recorded = { kind: FeedEvent["kind"]; before: Snapshot; frames: FeedEvent[]; after: Snapshot };
const recordings = JSON.parse(readFileSync(String(process.env.ONETHREAD_RECORDED), "utf-8")) as Recorded[];
/** Longer than it takes a page to gather changes of the list, and to ask for its numbers again. */
const SETTLED = 6_000;

let said: Snapshot;
const unanswered: string[] = [];

function answer({ pathname, searchParams }: URL): unknown {
  const path = pathname.replace("/api/v1", "");
  const id = /^\/conversations\/(\d+)/.exec(path)?.[1] ?? "";
  if (path === "/conversations/index") return said.views[searchParams.get("view") ?? ""];
  if (path === "/conversations") {
    const ids = (searchParams.get("ids") ?? "").split(",").map(Number);
    return { rows: said.rows.filter((row) => ids.includes(row.person_id)) };
  }
  if (path === `/conversations/${id}`) return said.conversations[id]?.conversation;
  if (path === `/conversations/${id}/messages`) return said.conversations[id]?.page;
  return said.others[path];
}
/** Who of those asked for is in a view: what the server would say of any that its rows don't tell by themselves. */
function belonging({ view, ids }: { view: string; ids: Id[] }): { ids: Id[] } {
  const all = said.views[view]?.ids ?? [];
  return { ids: ids.filter((id) => all.includes(id)) };
}
async function reply(request: Request): Promise<unknown> {
  if (request.method === "GET") return answer(new URL(request.url));
  if (request.url.endsWith("/conversations/belonging")) return belonging(await request.json());
  return undefined;
}
/** Of a case that this agent does not see any more: a page may ask once, and is told that there is no such case. */
function isOfHidden(url: string): boolean {
  const id = Number(/\/cases\/(\d+)\/findings$/.exec(url)?.[1] ?? 0);
  return id > 0 && !Object.values(said.conversations).some(({ conversation }) => conversation.cases.some((one) => one.id === id));
}
vi.stubGlobal("fetch", async (request: Request) => {
  const body = await reply(request);
  if (body === undefined && !isOfHidden(request.url)) unanswered.push(`${request.method} ${request.url}`);
  return new Response(JSON.stringify(body ?? {}), {
    status: body === undefined ? 404 : 200,
    headers: { "Content-Type": "application/json" },
  });
});
const { accounts } = await import("./accounts.svelte");
const { approvals } = await import("./approvals.svelte");
const { awaiting } = await import("./awaiting.svelte");
const { bulk } = await import("./bulk.svelte");
const { deadlinePlans } = await import("./deadline-plan.svelte");
const { desk } = await import("./desk.svelte");
const { drafts } = await import("./drafts.svelte");
const { dues } = await import("./dues.svelte");
const { exchanges } = await import("./exchanges.svelte");
const { findings } = await import("./findings.svelte");
const { handovers } = await import("./handovers.svelte");
const { incidents } = await import("./incidents.svelte");
const { joins } = await import("./joins.svelte");
const { queue } = await import("./queue.svelte");
const { rows } = await import("./rows.svelte");
const { rules } = await import("./rules.svelte");
const { session } = await import("./session.svelte");
const { shifts } = await import("./shifts.svelte");
const { threads } = await import("./threads.svelte");
const { views } = await import("./views.svelte");
const { watches } = await import("./watches.svelte");
const { webhooks } = await import("./webhooks.svelte");
const { workspace } = await import("./workspace.svelte");

let leaveQueue = (): void => undefined;
let leaveWatches = (): void => undefined;

const everybody = (): Id[] => Object.keys(said.conversations).map(Number);

/** A page that is opened on this view now, with every conversation in it opened once. */
async function open(view: ViewKey): Promise<void> {
  await session.begin();
  // What the settings show was said to the owner; of webhooks who may not change them asks nothing.
  if (session.me) session.me = { ...session.me, permissions: [...session.me.permissions, "webhooks.change"] };
  await Promise.all([accounts.load(), bulk.load(), joins.loadProposals(), rules.load(), workspace.load()]);
  await Promise.all([approvals.load(), awaiting.load(), deadlinePlans.load(), exchanges.load(), handovers.load(), shifts.load(), webhooks.load()]);
  await incidents.load();
  await incidents.open(incidents.all.at(-1)?.id ?? 0);
  leaveQueue = queue.begin();
  leaveWatches = watches.begin();
  await queue.loadSettings();
  await views.load(view);
  rows.want(views.shown);
  dues.want(views.shown);
  await vi.advanceTimersByTimeAsync(SETTLED);
  for (const id of everybody()) {
    await threads.reload(id);
    for (const one of threads.find(id)?.cases ?? []) await findings.load(one.id);
    await drafts.open(id, rows.find(id)?.has_draft ?? true);
  }
  desk.openPerson = everybody()[0] ?? null;
  await vi.advanceTimersByTimeAsync(SETTLED);
}

/** How an account fares in figures is true for when they were asked for, and told with its state only. */
const FIGURES = { last_in_at: null, last_out_at: null, queued: 0, held: 0, oldest_queued_at: null };

/** All that the page shows of the desk, once everybody was looked at. */
async function shown(): Promise<unknown> {
  for (const id of everybody()) threads.want(id);
  await vi.advanceTimersByTimeAsync(SETTLED);
  dues.want(views.shown);
  await vi.advanceTimersByTimeAsync(SETTLED);
  const conversations = everybody().map((id) => {
    const thread = threads.find(id);
    return thread && [thread.person, thread.cases, thread.merges, thread.reach, thread.messages];
  });
  return structuredClone({
    order: views.shown,
    counts: views.counts,
    saved: views.saved,
    rows: views.shown.map((id) => rows.find(id)),
    conversations,
    drafts: everybody().map((id) => [drafts.of(id, "reply").text, drafts.of(id, "note").text]),
    accounts: accounts.all.map((one) => ({ ...one, ...FIGURES })),
    job: bulk.job,
    proposals: joins.proposals,
    workspace: workspace.current,
    own: queue.own,
    because: Object.fromEntries(queue.because),
    queue: queue.settings,
    rules: rules.all,
    watches: watches.all,
    approvals: [approvals.all, approvals.ended, approvals.policy],
    // How far it was looked ahead is true for when it was asked for.
    rota: [{ ...shifts.inForce, findings: { ...shifts.inForce?.findings, until: null } }, shifts.week],
    webhooks: webhooks.all,
    awaiting: [awaiting.approvals, awaiting.handovers, awaiting.exchanges, awaiting.dangers],
    exchanges: [exchanges.all, exchanges.policy, exchanges.coming],
    handovers: [handovers.all, handovers.packet],
    incidents: [incidents.all, incidents.current, incidents.cases, incidents.answers],
    owed: [deadlinePlans.inForce, views.shown.map((id) => dues.known.get(id))],
    findings: everybody().map((id) => (threads.find(id)?.cases ?? []).map((one) => findings.of(one.id))),
  });
}

function close(): void {
  leaveQueue();
  leaveWatches();
  desk.end();
  localStorage.clear();
  accounts.all = [];
  joins.proposals = [];
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(recordings[0]?.after.rows[0]?.last_at ?? "") });
});
afterEach(() => {
  close();
  vi.useRealTimers();
  expect(unanswered.splice(0)).toEqual([]);
});

test.each(recordings)("a page that was told of $kind shows what a fresh one shows", async ({ kind, before, frames, after }) => {
  expect(frames.map((frame) => frame.kind)).toContain(kind);
  const changed: boolean[] = [];
  for (const view of Object.keys(before.views) as ViewKey[]) {
    said = before;
    await open(view);
    const old = await shown();
    said = after;
    for (const frame of frames) desk.take(frame);
    const followed = await shown();
    close();
    await open(view);
    const fresh = await shown();
    close();
    expect(followed, `in the view ${view}`).toEqual(fresh);
    changed.push(JSON.stringify(old) !== JSON.stringify(fresh));
  }
  expect(changed, "it changed something that a page shows").toContain(true);
});
