import { expect, test, vi } from "vitest";
import type { FeedEvent } from "../../shared/feed-types";
import { identity, person, row } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/people", search: "" });
vi.stubGlobal("localStorage", { getItem: () => null });
const nothing = (): void => undefined;
let answer: (body: unknown) => void = nothing;
vi.stubGlobal("fetch", async () => {
  const body = await new Promise<unknown>((resolve) => (answer = resolve));
  return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
});
const { directory } = await import("./directory.svelte");
const { desk } = await import("./desk.svelte");
const { rows } = await import("./rows.svelte");

test("a slow page does not take the place of what the feed brought meanwhile", async () => {
  const deaf = directory.follow();
  const loading = directory.load("");
  await vi.waitFor(() => expect(answer).not.toBe(nothing));
  const event = { type: "event", position: 5, person_id: 1, kind: "person.changed", person: person({ display_name: "Anna" }), row: row({ display_name: "Anna" }) };
  desk.take(event as FeedEvent);
  const people = [1, 2].map((id) => ({ row: row({ person_id: id, display_name: "Ana" }), identities: [identity(id)] }));
  answer({ people, before: null, is_cut: false });
  await loading;
  expect(directory.ids.map((id) => rows.find(id)?.display_name)).toEqual(["Anna", "Ana"]);
  deaf();
});
