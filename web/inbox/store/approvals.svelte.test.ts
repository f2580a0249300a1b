// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";

const POLICY = { amounts: [{ above: 1000 }], snippet_ids: [3], hours: 8, revision: 4 };
let isDown = false;
const sent: unknown[] = [];

vi.stubGlobal("fetch", async (request: Request) => {
  const isPolicy = request.url.includes("approval-policy");
  if (isDown) return new Response("{}", { status: 500, headers: { "Content-Type": "application/json" } });
  if (request.method === "PUT") sent.push(await request.json());
  const answer = isPolicy ? { ...POLICY, revision: request.method === "PUT" ? 5 : 4 } : { approvals: [], before: null };
  return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
});
const { approvals } = await import("./approvals.svelte");

beforeEach(() => {
  isDown = false;
  sent.length = 0;
  approvals.forget();
});

test("a policy that could not be loaded is not written over", async () => {
  isDown = true;
  await approvals.load().catch(() => undefined);
  isDown = false;
  await approvals.change({ amounts: [] });
  expect(sent).toEqual([]);
});

test("what is changed stands on the policy that was read, and keeps the rest of it", async () => {
  await approvals.load();
  await approvals.change({ amounts: [] });
  expect(sent).toEqual([{ ...POLICY, amounts: [] }]);
  expect(approvals.policy.revision).toBe(5);
});
