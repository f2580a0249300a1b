import { expect, test, vi } from "vitest";
import type { Conversation } from "../../shared/api-types";

vi.stubGlobal("location", { origin: "https://desk.example" });
let asked = "";
vi.stubGlobal("fetch", async (request: Request) => {
  asked = request.url;
  return new Response(JSON.stringify({ facts: {} }), { headers: { "Content-Type": "application/json" } });
});
const { snippets } = await import("./snippets.svelte");
const { threads } = await import("./threads.svelte");

test("variables stand for the case to which the answer goes, not for a newer one that is solved", async () => {
  const cases = [{ id: 5, state: "open" }, { id: 8, state: "solved" }];
  vi.spyOn(threads, "find").mockReturnValue({ cases } as unknown as ReturnType<typeof threads.find> & Conversation);
  await snippets.facts(3, 4);
  expect(asked).toBe("https://desk.example/api/v1/conversations/3/facts?place_id=4&case_id=5");
});
