import { afterEach, expect, test, vi } from "vitest";
import type { BulkChange, BulkJob, Me } from "../../shared/api-types";

vi.stubGlobal("location", { origin: "https://desk.example" });
let jobs: BulkJob[] = [];
let body: unknown = null;
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method === "POST") body = await request.json();
  return new Response(JSON.stringify({ jobs }), { headers: { "Content-Type": "application/json" } });
});
const { bulk } = await import("./bulk.svelte");
const { views } = await import("./views.svelte");
const { session } = await import("./session.svelte");
session.me = { permissions: ["cases.change"] } as unknown as Me;

const job = (id: number, state: BulkJob["state"], changes: Partial<BulkJob> = {}, change: BulkChange = { state: "solved" }): BulkJob => ({
  id, state, change, wanted: 5, waiting: 0, done: 5, failed: 0, skipped: 0, undone: 0, kept: 0, proposed: 0, cases: 5, reasons: [], made_at: new Date().toISOString(), ...changes,
});

afterEach(() => {
  views.clear();
  bulk.clear();
  bulk.job = null;
});

test("the mark of one conversation leaves what is picked and the undo of the last change alone", async () => {
  bulk.take(job(1, "done"));
  bulk.toggle(8);
  await bulk.mark(3, false);
  bulk.take(job(2, "running", { wanted: 1, waiting: 1, done: 0 }, { is_read: false }));
  expect(body).toEqual({ change: { is_read: false }, ids: [3] });
  expect([bulk.job?.id, [...bulk.picked]]).toEqual([1, [8]]);
});

test("what is picked when one asks is what is changed, also where the change takes its time", async () => {
  bulk.toggle(8);
  let decide = (_: BulkChange): void => undefined;
  const run = bulk.run(new Promise<BulkChange>((resolve) => (decide = resolve)));
  bulk.toggle(9);
  decide({ incident_id: 4 });
  await run;
  expect(body).toEqual({ change: { incident_id: 4 }, ids: [8], picked_in: { view: "open", q: "" } });
});

test("a page that is opened anew offers the undo of what was just done, and not of what was done long ago", async () => {
  jobs = [job(3, "done", { made_at: "2026-01-01T00:00:00Z" })];
  await bulk.load();
  expect(bulk.job).toBeNull();
  jobs = [job(5, "done", { wanted: 1 }, { is_read: true }), job(4, "done")];
  await bulk.load();
  expect(bulk.job?.id).toBe(4);
});

test("an end that fell into a gap of the feed is found out", async () => {
  bulk.take(job(6, "running", { waiting: 2 }));
  jobs = [job(6, "done", { made_at: "2026-01-01T00:00:00Z" })];
  await bulk.load();
  expect(bulk.job?.state).toBe("done");
});

test("all of a list that has come in part are not changed, nor counted, before it is whole", async () => {
  body = null;
  views.shown = [9, 8];
  views.isWhole = false;
  bulk.all();
  bulk.toggle(8);
  await bulk.run({ state: "solved" });
  expect([bulk.isSure, bulk.isWhole, body]).toEqual([false, true, null]);
  views.isWhole = true;
  await bulk.run({ state: "solved" });
  expect(body).toEqual({ change: { state: "solved" }, whole: { view: "open", q: "" } });
});

test("what was put away stays away", async () => {
  bulk.take(job(7, "done"));
  bulk.dismiss();
  jobs = [job(7, "done")];
  await bulk.load();
  expect(bulk.job).toBeNull();
});
