import { expect, test, vi } from "vitest";
import type { Message } from "../../shared/api-types";
import { message, row } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/setup", search: "", hash: "" });
const asked: string[] = [];
let index: number[] = [];
let page: Message[] = [];
vi.stubGlobal("fetch", (request: Request) => {
  const { pathname, searchParams } = new URL(request.url);
  asked.push(`${pathname.replace("/api/v1/conversations/", "")} ${searchParams.get("q") ?? ""}`.trim());
  const body = pathname.endsWith("/index") ? { ids: index } : { messages: page };
  return Promise.resolve(new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } }));
});
const { arrivals } = await import("./arrivals.svelte");

test("what had come before the page was loaded again is there at once", async () => {
  index = [7];
  page = [message(1, { account_id: 4, text: "Is anybody there?" }), message(2, { account_id: 5 }), message(3, { account_id: 4, direction: "out" })];
  const end = arrivals.watch(4);
  await vi.waitFor(() => expect(arrivals.first.get(4)).toMatchObject({ personId: 7, text: "Is anybody there?" }));
  expect(asked).toEqual(["index account:#4", "7/messages"]);
  end();
});

test("what comes meanwhile is kept, and nothing of other accounts", async () => {
  index = [];
  const end = arrivals.watch(6);
  const came = (account_id: number, text: string) => arrivals.take({ type: "event", position: 1, person_id: 8, kind: "message.created", message: message(9, { account_id, text }), row: row() });
  came(1, "elsewhere");
  came(6, "here");
  came(6, "and again");
  await vi.waitFor(() => expect(asked.at(-1)).toBe("index account:#6"));
  expect([...arrivals.first].map(([id, one]) => [id, one.text])).toEqual([[4, "Is anybody there?"], [6, "here"]]);
  end();
});
