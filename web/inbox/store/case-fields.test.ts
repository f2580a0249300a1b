// A field of a case is filled in where it still has what whoever changes it saw, and their own changes follow each other.
import { beforeEach, expect, test, vi } from "vitest";
import { oneCase } from "./samples";

let inIt = "";
let fails = 0;
const asked: unknown[] = [];
vi.stubGlobal("location", { origin: "https://desk.example" });
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
vi.stubGlobal("fetch", async (request: Request) => {
  const { set_fields } = (await request.clone().json()) as { set_fields: [{ value: string; expected: string }] };
  const [{ value, expected }] = set_fields;
  asked.push([value, expected]);
  // Answers come in turn, and late.
  await new Promise((resolve) => setTimeout(resolve, 5));
  if (fails-- > 0) return json({ code: "unavailable", detail: "" }, 503);
  if (inIt !== expected && inIt !== value) return json({ code: "value_moved_on", detail: "", field_id: 3, value: inIt }, 409);
  inIt = value;
  return json(oneCase(1, { revision: asked.length }));
});
const { fillIn } = await import("./case-fields.svelte");
const one = oneCase(1);

beforeEach(() => void ([asked.length, inIt, fails] = [0, "Tron", 0]));

test("changes of one's own in quick succession follow each other, whatever was seen before", async () => {
  await Promise.all([fillIn(one, 3, "Bitcoin", "Tron"), fillIn(one, 3, "Solana", "Tron"), fillIn(one, 3, "Solana", "Tron")]);
  expect(asked).toEqual([["Bitcoin", "Tron"], ["Solana", "Bitcoin"], ["Solana", "Solana"]]);
  expect(inIt).toBe("Solana");
});

test("a colleague's value stands, and is told, until who knows of it puts theirs there", async () => {
  inIt = "Ether";
  await expect(fillIn(one, 3, "Bitcoin", "Tron")).rejects.toMatchObject({ code: "value_moved_on", more: { value: "Ether" } });
  expect(inIt).toBe("Ether");
  await fillIn(one, 3, "Bitcoin", "Ether");
  expect(inIt).toBe("Bitcoin");
});

test("a change that failed leaves the next one with what was seen, and other fields do not wait", async () => {
  fails = 1;
  const results = await Promise.allSettled([fillIn(one, 3, "Bitcoin", "Tron"), fillIn(one, 3, "Solana", "Tron")]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect(asked).toEqual([["Bitcoin", "Tron"], ["Solana", "Tron"]]);
});
