import { expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";

vi.stubGlobal("location", { origin: "https://desk.example" });
let listed = [{ agent_id: 2, version: "a" }];
const asked: string[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  asked.push(`${request.method} ${new URL(request.url).pathname}`);
  const made = { agent_id: 1, version: await request.text() };
  return request.method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(request.method === "PUT" ? made : { photos: listed });
});
const { photos } = await import("./photos.svelte");
const { session } = await import("./session.svelte");

test("photos are asked for once by all who are drawn, anew after a while, and one's own is shown at once", async () => {
  vi.useFakeTimers();
  expect(photos.of(2)).toBeUndefined();
  expect(asked).toEqual([]);
  session.me = { agent: { id: 1 } } as unknown as Me;
  for (const id of [1, 2, 3]) photos.of(id);
  await vi.waitFor(() => expect(photos.of(2)).toBe("/api/v1/agents/2/photo/a"));
  expect(asked).toEqual(["GET /api/v1/agent-photos"]);

  listed = [{ agent_id: 3, version: "b" }];
  vi.advanceTimersByTime(6 * 60_000);
  photos.of(2);
  await vi.waitFor(() => expect([photos.of(2), photos.of(3)]).toEqual([undefined, "/api/v1/agents/3/photo/b"]));

  await photos.put(new Blob(["c"]));
  expect(photos.of(1)).toBe("/api/v1/agents/1/photo/c");
  await photos.drop();
  expect([photos.of(1), asked.slice(2)]).toEqual([undefined, ["PUT /api/v1/me/photo", "DELETE /api/v1/me/photo"]]);
});
