import { afterEach, expect, test, vi } from "vitest";
import type { Conversation } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { conversation, message, oneCase, person, reach, row } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example" });
const asked: string[] = [];
/** What the desk says of the person when it is asked; null: a test answers by hand. */
let said: Conversation | null = conversation();
let status = 200;
/** Until then a change waits, and is refused. */
let refusal: Promise<void> | null = null;
let refuse: () => void = () => undefined;
const answers: ((answer: Conversation) => void)[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  const { pathname, search } = new URL(request.url);
  asked.push(pathname + search);
  const isPage = pathname.endsWith("/messages");
  if (refusal && request.method !== "GET") {
    await refusal;
    return new Response(JSON.stringify({ code: "conflict", message: "No." }), { status: 409, headers: { "Content-Type": "application/json" } });
  }
  if (request.method !== "GET") return new Response(JSON.stringify(person()), { headers: { "Content-Type": "application/json" } });
  const body = isPage
    ? { messages: [], has_before: false, has_after: false }
    : (said ?? (await new Promise<Conversation>((resolve) => answers.push(resolve))));
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
});
const { threads } = await import("./threads.svelte");
const { putCase } = await import("./thread");
const { rows } = await import("./rows.svelte");
const { blockPerson } = await import("./panel");

afterEach(() => {
  threads.clear();
  threads.shown = null;
  rows.clear();
  asked.length = answers.length = 0;
  said = conversation();
  status = 200;
  refusal = null;
});

const changed = (position: number, name: string): FeedEvent => ({
  type: "event", position, person_id: 1, kind: "person.changed", person: person({ display_name: name }), row: row({ display_name: name }),
});
const merged = (position: number): FeedEvent =>
  ({ type: "event", position, person_id: 1, kind: "person.merged", merge: { id: 1, winner_id: 1, loser_id: 2 }, rows: [row()], gone: [2] }) as unknown as FeedEvent;
const named = (position: number, name: string): Conversation =>
  conversation({ position, person: person({ display_name: name }), row: row({ display_name: name }) });
const next = async (): Promise<(answer: Conversation) => void> =>
  vi.waitFor(() => {
    const answer = answers.shift();
    if (!answer) throw new Error("nothing was asked");
    return answer;
  });

test("an open page learns that a place was closed, without a reload", async () => {
  await threads.reload(1);
  expect(threads.find(1)?.reach[0]?.is_available).toBe(true);
  said = conversation({ position: 2, reach: [reach(1, { is_available: false })] });
  threads.take(changed(2, "Ana"));
  await vi.waitFor(() => expect(threads.find(1)?.reach[0]?.is_available).toBe(false));
  expect(asked.filter((path) => path.endsWith("/conversations/1"))).toHaveLength(2);
});

test("an answer that the feed has overtaken is not believed, and asked for again", async () => {
  await threads.reload(1);
  said = null;
  const refreshing = threads.refreshReach(1);
  const overtaken = await next();
  said = named(5, "Anna");
  threads.take(changed(5, "Anna"));
  overtaken(named(4, "Ana"));
  await refreshing;
  expect(threads.find(1)?.person.display_name).toBe("Anna");
});

test("the row of an answer does not take the place of a newer one", async () => {
  said = null;
  const loading = threads.reload(1);
  const answer = await next();
  threads.take(changed(5, "Anna"));
  rows.put(row({ display_name: "Anna" }));
  answer(named(4, "Ana"));
  await loading;
  expect([rows.find(1)?.display_name, threads.find(1)?.person.display_name]).toEqual(["Anna", "Anna"]);
});

test("a wish for another place in the conversation is not lost to a load under way", async () => {
  const loading = threads.reload(1);
  await Promise.all([loading, threads.reload(1, 77)]);
  expect(asked.at(-1)).toContain("around=77");
});

test("a merge while somebody is being loaded makes them load once more", async () => {
  said = null;
  const loading = threads.reload(1, 77);
  const answer = await next();
  said = conversation({ position: 5, person: person({ member_ids: [1, 2] }) });
  threads.take(merged(5));
  answer(conversation({ position: 4 }));
  await loading;
  expect(threads.find(1)?.person.member_ids).toEqual([1, 2]);
  expect(asked.at(-1)).toContain("around=77");
});

test("what an agent wrote down does not undo what the feed brought since", async () => {
  await threads.reload(1);
  said = null;
  const blocking = blockPerson(1, true);
  threads.take(changed(5, "Anna"));
  await blocking;
  expect(threads.find(1)?.person.display_name).toBe("Anna");
});

test("cases unfolded with one person are not asked for with another, nor by who signs in next", async () => {
  const isAskedFor = (): boolean => asked.at(-1)?.includes("opened=77") === true;
  await threads.unfold(1, 77);
  expect(isAskedFor()).toBe(true);
  await threads.reload(2);
  expect(isAskedFor()).toBe(false);
  threads.clear();
  await threads.reload(1);
  expect(isAskedFor()).toBe(false);
});

test("what is shown comes by itself once the desk is well again, unless it was refused for good", async () => {
  status = 502;
  await threads.reload(1);
  expect(threads.find(1)).toBeUndefined();
  status = 200;
  threads.retry(1);
  await vi.waitFor(() => expect(threads.find(1)).toBeDefined());
  threads.clear();
  status = 404;
  await threads.reload(1);
  asked.length = 0;
  threads.retry(1);
  expect(asked).toEqual([]);
});

test("a change that is refused takes back its own, and nothing that the feed brought meanwhile", async () => {
  said = conversation({ cases: [oneCase(1, { state: "open", priority: 3 })] });
  await threads.reload(1);
  const before = threads.find(1)!.cases[0]!;
  refusal = new Promise((resolve) => (refuse = resolve));
  const changing = threads.changeCase({ ...before, label_ids: [1] }, { state: "snoozed", add_labels: [1] });
  const told = { ...before, state: "solved", priority: 1, label_ids: [7] };
  threads.take({ type: "event", position: 2, person_id: 1, kind: "case.changed", case: told, row: row() } as unknown as FeedEvent);
  refuse();
  await expect(changing).rejects.toThrow();
  expect(threads.find(1)?.cases[0]).toEqual({ ...told, state: "solved" });
});

test("a change that is refused leaves no trace where nothing else happened", async () => {
  said = conversation({ cases: [oneCase(1, { state: "open" })] });
  await threads.reload(1);
  const before = threads.find(1)!.cases[0]!;
  refusal = new Promise((resolve) => (refuse = resolve));
  const changing = threads.changeCase(before, { state: "snoozed", snoozed_until: "2026-01-01T00:00:00Z" });
  expect(threads.find(1)?.cases[0]).toMatchObject({ state: "snoozed" });
  refuse();
  await expect(changing).rejects.toThrow();
  expect(threads.find(1)?.cases[0]).toEqual(before);
});

test("a case of somebody who was merged into another is put into the conversation of both", async () => {
  said = conversation({ person: person({ member_ids: [1, 2] }), cases: [oneCase(1), oneCase(2, { person_id: 2 })] });
  await threads.reload(1);
  threads.change(2, (thread) => putCase(thread, oneCase(2, { person_id: 2, subject: "Moved here" })));
  expect(threads.find(1)?.cases.map((one) => one.subject)).toEqual([oneCase(1).subject, "Moved here"]);
  threads.change(3, (thread) => putCase(thread, oneCase(3, { person_id: 3 })));
  expect(threads.find(1)?.cases).toHaveLength(2);
});

const told = (id: number): Conversation => conversation({ person: person({ id, member_ids: [id] }), row: row({ person_id: id }) });
const isHere = (id: number): boolean => threads.find(id) !== undefined;

test("of those that were opened the newest thirty stay, and the one that is read, however long ago it was opened", async () => {
  threads.shown = 1;
  for (let id = 1; id <= 32; id += 1) {
    said = told(id);
    await threads.reload(id);
  }
  expect([isHere(1), isHere(2), isHere(3), isHere(32), threads.open.size]).toEqual([true, false, false, true, 30]);
  threads.shown = 4;
  said = told(33);
  await threads.reload(33);
  expect([isHere(1), isHere(4), isHere(5)]).toEqual([false, true, true]);
});

test("the one that is read stays where it is until it has come as it is after a merge", async () => {
  await threads.reload(1);
  await threads.reload(2);
  threads.shown = 1;
  said = null;
  threads.take(merged(5));
  expect([isHere(1), threads.find(1)?.merges.map(({ id }) => id)]).toEqual([true, [1]]);
  const answer = await next();
  answer(conversation({ position: 6, person: person({ member_ids: [1, 2] }) }));
  await vi.waitFor(() => expect(threads.find(1)?.person.member_ids).toEqual([1, 2]));
});

test("the one that is read gives way to whom it was merged into, once they have come", async () => {
  said = told(2);
  await threads.reload(2);
  threads.shown = 2;
  said = null;
  threads.take(merged(5));
  expect(threads.find(2)?.person.id).toBe(2);
  (await next())(conversation({ position: 6, person: person({ member_ids: [1, 2] }) }));
  await vi.waitFor(() => expect(threads.find(2)?.person.id).toBe(1));
  expect([...threads.open.keys()]).toEqual([1]);
});

test.each([
  ["after a merge", (position: number) => threads.take(merged(position))],
  ["when all is asked for anew", () => void threads.reset(1)],
])("one that may be read no more %s goes, and one that cannot be reached stays", async (_, happens) => {
  await threads.reload(1);
  threads.shown = 1;
  status = 502;
  happens(5);
  await vi.waitFor(() => expect(threads.failed.has(1)).toBe(true));
  expect(isHere(1)).toBe(true);
  status = 404;
  happens(6);
  await vi.waitFor(() => expect(isHere(1)).toBe(false));
});

test("one that is not read keeps what fills a page, however much is written into it, and the one that is read keeps all", async () => {
  for (const id of [1, 2]) {
    said = told(id);
    await threads.reload(id);
  }
  threads.shown = 1;
  const write = (id: number, person_id: number): void =>
    threads.take({ type: "event", position: id, person_id, kind: "message.created", message: message(id, { person_id }), row: row({ person_id }) } as unknown as FeedEvent);
  for (let id = 10; id < 110; id += 1) [1, 2].forEach((person_id) => write(id, person_id));
  expect(threads.find(1)?.messages).toHaveLength(100);
  expect(threads.find(2)?.messages.length).toBeLessThanOrEqual(60);
  expect(threads.find(2)).toMatchObject({ hasBefore: true, hasAfter: false });
  expect(threads.find(2)?.messages.at(-1)?.id).toBe(109);
});
