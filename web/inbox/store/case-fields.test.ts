// A field of a case is filled in where it is still what whoever changes it knows of, and nobody's value goes unseen.
import { beforeEach, expect, test, vi } from "vitest";
import { oneCase } from "./samples";

const asked: unknown[] = [];
let inIt = "Tron";
vi.stubGlobal("location", { origin: "https://desk.example" });
vi.stubGlobal("fetch", async (request: Request) => {
  const isRead = request.method === "GET";
  if (!isRead) asked.push(await request.clone().json());
  const filled = { fields: [{ definition: { id: 3 }, value: inIt }], revision: 8 };
  return new Response(JSON.stringify(isRead ? filled : oneCase(1, { revision: 9 })), { headers: { "Content-Type": "application/json" } });
});
const { fillIn } = await import("./case-fields.svelte");

beforeEach(() => void (asked.length = 0));

test("what nobody changed is filled in as of the case's newest revision", async () => {
  await fillIn(oneCase(1, { revision: 4 }), 3, "Bitcoin", "Tron");
  expect(asked).toEqual([{ set_fields: [{ field_id: 3, value: "Bitcoin" }], expect_revision: 8 }]);
});

test("what a colleague filled in meanwhile is not written over, but by who knows of it", async () => {
  inIt = "Solana";
  await expect(fillIn(oneCase(1, {}), 3, "Bitcoin", "Tron")).rejects.toMatchObject({ code: "moved_on" });
  expect(asked).toEqual([]);
  await fillIn(oneCase(1, {}), 3, "Bitcoin", "Solana");
  expect(asked).toHaveLength(1);
});
