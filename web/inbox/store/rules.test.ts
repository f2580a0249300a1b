// Who was too late finds what was saved before, though the desk tells of it in the same instant.
import { expect, test, vi } from "vitest";
import type { Rule, RuleDefinition } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox", search: "" });
vi.stubGlobal("document", { getElementById: () => null, activeElement: null });
const json = (body: object, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
/** Questions of the rules, each answered when the test says so. */
const waiting: ((version: number) => void)[] = [];
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method === "PUT") return json({ code: "moved_on", detail: "" }, 409);
  const version = await new Promise<number>((answer) => waiting.push(answer));
  return json({ rules: [{ id: 1, version }] });
});
const { desk } = await import("./desk.svelte");
const { rules } = await import("./rules.svelte");
const one = { id: 1, version: 4 } as Rule;
const asked = (count: number): Promise<void> => vi.waitFor(() => expect(waiting).toHaveLength(count));

test("a newer version is there once saving over it was refused, though its event asks for the rules as well; and an older answer changes nothing", async () => {
  const first = rules.load();
  await asked(1);
  waiting[0]?.(4);
  await first;
  const saving = rules.save(one, "Mine", {} as RuleDefinition).catch(() => rules.all[0]?.version);
  await asked(2);
  desk.take({ kind: "rules.changed" } as FeedEvent);
  await asked(3);
  waiting[1]?.(5);
  expect(await saving).toBe(5);

  const [older, newer] = [rules.load(), rules.load()];
  await asked(5);
  waiting[4]?.(7);
  await newer;
  waiting[3]?.(6);
  await older;
  expect(rules.all).toEqual([{ id: 1, version: 7 }]);

  const late = rules.load();
  await asked(6);
  rules.forget();
  waiting[5]?.(8);
  await late;
  expect(rules.all).toEqual([]);
});
