import { expect, test } from "vitest";
import type { ConversationRow, SavedView } from "../../shared/api-types";
import { read, toInbox } from "../router";
import { belongs, beside, filtered, firstOf, parted, place, queryOf, recounted, ROW_VIEWS, scopeOf, type Order, without, withoutGone } from "./index";
import { row } from "./samples";

const newest = (pairs: Record<number, number>): Map<number, number> =>
  new Map(Object.entries(pairs).map(([id, last]) => [Number(id), last]));
const of = (person_id: number, last_message_id: number): ConversationRow => row({ person_id, last_message_id });

test("a new message brings its person to the top", () => {
  const placed = place([3, 2, 1], newest({ 3: 30, 2: 20, 1: 10 }), of(1, 31), true);
  expect(placed).toEqual({ order: [1, 3, 2], isSure: true });
});

test("a person who comes into the view stands where their newest message says", () => {
  const placed = place([3, 1], newest({ 3: 30, 1: 10 }), of(2, 20), true);
  expect(placed).toEqual({ order: [3, 2, 1], isSure: true });
});

test("the oldest goes to the end", () => {
  expect(place([3, 2], newest({ 3: 30, 2: 20 }), of(1, 10), true).order).toEqual([3, 2, 1]);
});

test("a row that changed without a new message stays where it is", () => {
  const order = [3, 2, 1];
  expect(place(order, newest({ 3: 30, 2: 20 }), of(2, 20), true).order).toBe(order);
});

test("a row that left the view is taken out", () => {
  expect(place([3, 2, 1], newest({}), of(2, 20), false)).toEqual({ order: [3, 1], isSure: true });
});

test("among rows that were never loaded the place is a guess, and says so", () => {
  expect(place([3, 2, 1], newest({ 3: 30 }), of(9, 15), true).isSure).toBe(false);
});

test("the newest message of all is sure of the top, whatever was never loaded", () => {
  expect(place([3, 2, 1], newest({}), of(9, 99), true)).toEqual({ order: [9, 3, 2, 1], isSure: true });
});

test("persons that are gone leave every view", () => {
  expect(without([3, 2, 1], [2])).toEqual([3, 1]);
});

test("after any run of changes the order is the one that sorting gives", () => {
  let seed = 42;
  const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const rows = new Map<number, ConversationRow>();
  for (let id = 1; id <= 40; id += 1) rows.set(id, row({ person_id: id, last_message_id: id, state: "open" }));
  const sorted = (): Order =>
    [...rows.values()]
      .filter((one) => belongs(one, "open", 1))
      .sort((one, other) => other.last_message_id - one.last_message_id)
      .map((one) => one.person_id);
  let order = sorted();
  const known = new Map([...rows].map(([id, one]) => [id, one.last_message_id]));
  for (let step = 0; step < 500; step += 1) {
    const old = rows.get(1 + random(40)) as ConversationRow;
    const isSpeaking = random(2) === 0;
    const changed: ConversationRow = {
      ...old,
      last_message_id: isSpeaking ? 100 + step : old.last_message_id,
      state: random(3) === 0 ? "solved" : "open",
    };
    rows.set(changed.person_id, changed);
    order = place(order, known, changed, belongs(changed, "open", 1)).order;
    known.set(changed.person_id, changed.last_message_id);
  }
  expect(order).toEqual(sorted());
});

test("views hold what their names say", () => {
  const mine = row({ owner: { id: 1, name: "Bo" } });
  const solved = row({ state: "solved", owner: { id: 1, name: "Bo" } });
  const table = ROW_VIEWS.map((view) => [
    belongs(mine, view, 1), belongs(mine, view, 2), belongs(row(), view, 1), belongs(solved, view, 1),
    belongs(row({ state: "snoozed" }), view, 1),
  ]);
  expect(table).toEqual([
    [true, true, true, false, false],
    [true, false, false, false, false],
    [false, false, true, false, false],
    [false, false, false, false, true],
    [false, false, false, true, false],
    [true, true, true, true, true],
  ]);
});

test("oldest first, a new message sends its person to the end", () => {
  const placed = place([1, 2, 3], newest({ 1: 10, 2: 20, 3: 30 }), of(1, 31), true, "oldest");
  expect(placed).toEqual({ order: [2, 3, 1], isSure: true });
});

test("who is most urgent is the server's to say, also where nothing new was said", () => {
  expect(place([1, 2], newest({ 1: 10, 2: 20 }), of(2, 20), true, "priority")).toEqual({ order: [1, 2], isSure: false });
});

test("who waits longest is the server's to say", () => {
  expect(place([1, 2], newest({ 1: 10, 2: 20 }), of(1, 31), true, "waiting")).toEqual({ order: [1, 2], isSure: false });
});

test("the numbers follow a row from view to view", () => {
  const before = row({ person_id: 1, state: "open", owner: null });
  const after = row({ person_id: 1, state: "open", owner: { id: 7, name: "Bo" } });
  expect(recounted({ open: 5, mine: 0, unassigned: 3, all: 9 }, before, after, 7)).toEqual({ open: 5, mine: 1, unassigned: 2, all: 9 });
});

test("a saved view is its query, and none where it is gone", () => {
  const saved = [{ id: 4, query: "is:unread", sort: "oldest" }] as SavedView[];
  expect(scopeOf("v4", saved, undefined)).toEqual({ view: "all", q: "is:unread", sort: "oldest" });
  expect(scopeOf("v5", saved, undefined)).toBeNull();
  expect(scopeOf("mine", saved, "waiting")).toEqual({ view: "mine", q: "", sort: "waiting" });
});

test("what the reader sent away leaves also while the order is held, and nobody else does", () => {
  expect(withoutGone([4, 3, 2, 1], [5, 3], new Set([4, 3]))).toEqual([3, 2, 1]);
  expect(withoutGone([4, 3], [], new Set())).toEqual([4, 3]);
});

test("the next one is the first that is wanted, and from nobody the first or the last", () => {
  const isOdd = (id: number): boolean => id % 2 === 1;
  expect(beside([4, 3, 2, 1], 3, 1, isOdd)).toBe(1);
  expect(beside([4, 3, 2, 1], 3, -1, isOdd)).toBeNull();
  expect([beside([2, 1], null, 1, () => true), beside([2, 1], null, -1, () => true)]).toEqual([2, 1]);
});

test("the desk begins with the view that was chosen, if there is such a one", () => {
  expect(["mine", "v12", "v", "nothing", 3].map(firstOf)).toEqual(["mine", "v12", "open", "open", "open"]);
});

test("numbers that do not change are the same numbers, so that nothing is drawn for them", () => {
  const counts = { open: 5, mine: 0 };
  expect(recounted(counts, row({ snippet: "Hello" }), row({ snippet: "Hello again" }), 7)).toBe(counts);
});

test("whoever speaks from where they already stand moves nobody", () => {
  const order = [3, 2, 1];
  expect(place(order, newest({ 1: 10, 2: 20, 3: 30 }), of(3, 31), true).order).toBe(order);
  expect(place(order, newest({ 1: 10, 2: 20, 3: 30 }), of(1, 31), true).order).toEqual([1, 3, 2]);
  expect(order).toEqual([3, 2, 1]);
});

test("what is left of a view by a query is in its key and its address, and all of it again without one", () => {
  const key = filtered("mine~old", 'label:"a/b ~c" 没有');
  expect(parted(key)).toEqual(["mine", 'label:"a/b ~c" 没有']);
  const route = read(toInbox(key, 7));
  expect(route).toEqual({ screen: "inbox", view: key, personId: 7 });
  expect(filtered(key, "  ")).toBe("mine");
  expect(read("/inbox/open~%E0%A4%A/7")).toEqual({ screen: "inbox", view: "open", personId: 7 });
});

test("the server is asked for both, and both are what is kept as a view", () => {
  const saved = [{ id: 3, query: "is:late OR is:open", sort: "due" }] as unknown as SavedView[];
  expect(scopeOf("open~has:file", [], "oldest")).toEqual({ view: "open", q: "has:file", sort: "oldest" });
  expect(scopeOf("v3~a OR b", saved, undefined)).toEqual({ view: "all", q: "(is:late OR is:open) (a OR b)", sort: "due" });
  expect(scopeOf("v4~a", saved, undefined)).toBeNull();
  expect([queryOf("mine~a OR b", []), queryOf("all~a", []), queryOf("v3", saved)]).toEqual([
    "(assignee:me (is:open OR is:waiting)) (a OR b)", "a", "is:late OR is:open",
  ]);
});
