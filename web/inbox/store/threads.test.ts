import { afterEach, expect, test, vi } from "vitest";
import type { Reach } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { conversation, reach } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example" });
const asked: string[] = [];
let places: Reach[] = [reach(1)];
vi.stubGlobal("fetch", (request: Request) => {
  asked.push(new URL(request.url).pathname);
  const body = request.url.includes("/messages") ? { messages: [], has_before: false, has_after: false } : { ...conversation(), reach: places };
  return Promise.resolve(new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } }));
});
const { threads } = await import("./threads.svelte");

afterEach(() => threads.clear());

test("an open page learns that a place was closed, without a reload", async () => {
  await threads.reload(1);
  expect(threads.find(1)?.reach[0]?.is_available).toBe(true);
  places = [reach(1, { is_available: false })];
  threads.take({ type: "event", position: 2, person_id: 1, kind: "person.changed", person: conversation().person } as FeedEvent);
  await vi.waitFor(() => expect(threads.find(1)?.reach[0]?.is_available).toBe(false));
  expect(asked.filter((path) => path.endsWith("/conversations/1"))).toHaveLength(2);
});
