// What a case owes by when, what was promised in it, and what it was before.
import type { components } from "../../shared/api";
import type { Id } from "../../shared/api-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { whenSeen } from "./seen";

export type Owed = components["schemas"]["Owed"];
export type CaseTimes = components["schemas"]["CaseTimes"];

/** Every page that shows the case hears of its change at once: they ask one after another, together for what comes meanwhile. In milliseconds. */
const REST = 2500;
const APART = 1500;

const of = (case_id: Id): { path: { case_id: Id } } => ({ path: { case_id } });

/** All that it ever owed, in the order of its beginning. */
export async function loadOwed(id: Id): Promise<Owed[]> {
  return (await take(api.GET("/api/v1/cases/{case_id}/deadlines", { params: of(id) }))).deadlines;
}

/** What shows something of which case: all wait together. */
const shown = new Map<() => void, Id>();
/** Cases whose deadlines changed since they were asked for; 0 stands for any. */
const changed = new Set<Id>();
let timer: ReturnType<typeof setTimeout> | undefined;
function renew(): void {
  timer = undefined;
  for (const [load, id] of shown) if (changed.has(id) || changed.has(0)) load();
  changed.clear();
}

/** Once the deadlines of this case have changed, and at once after a gap of the feed. Returns what ends it. */
export function whenOwed(id: Id, load: () => void): () => void {
  shown.set(load, id);
  const deaf = desk.listen((event) => {
    if (event.kind !== "deadlines.changed" || (event.case_id && event.case_id !== id)) return;
    changed.add(event.case_id ?? 0);
    timer ??= setTimeout(() => whenSeen(renew), REST + Math.random() * APART);
  }, load);
  return () => {
    deaf();
    shown.delete(load);
  };
}

export async function promise(id: Id, due_at: string, words: string): Promise<Owed[]> {
  return (await take(api.POST("/api/v1/cases/{case_id}/promises", { params: of(id), body: { due_at, words } }))).deadlines;
}

export async function endPromise(promise_id: Id, ending: "kept" | "withdrawn"): Promise<Owed[]> {
  return (await take(api.POST("/api/v1/promises/{promise_id}/end", { params: { path: { promise_id } }, body: { ending } }))).deadlines;
}

/** What it was, from when on, oldest first; and for how long altogether until now. */
export function loadHistory(id: Id): Promise<CaseTimes> {
  return take(api.GET("/api/v1/cases/{case_id}/history", { params: of(id) }));
}
