// What an agent is told of at once: of a danger until they press it, of all else for a while.
import { beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import { message } from "./samples";

vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox/open", search: "" });
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("fetch", async () => new Response("{}", { headers: { "Content-Type": "application/json" } }));
const { tellMention } = await import("./mentions");
const { session } = await import("./session.svelte");
const { toasts } = await import("./toasts.svelte");

beforeEach(() => {
  vi.useFakeTimers();
  session.me = { agent: { id: 1, settings: {} }, permissions: [] } as unknown as Me;
  toasts.forget();
});
const line = (event: string, danger: string, personId = 7) =>
  message(5, { person_id: personId, direction: "event", author: { kind: "system", id: null, name: "" }, event: { event, danger, target: "first_reply", due_at: "2026-03-04T10:00:00Z", told: [1] } });
const texts = (): string[] => toasts.all.map((one) => one.text);

test("a danger stays, once for each of a person, and a deadline goes by itself", () => {
  tellMention(line("danger_told", "self_harm"));
  tellMention(line("danger_told", "duress"));
  tellMention(line("danger_told", "duress", 8));
  tellMention(line("danger_escalated", "duress"));
  tellMention(line("deadline_near", ""));
  expect(toasts.all).toHaveLength(4);
  vi.advanceTimersByTime(600_000);
  expect(toasts.all.map((one) => one.action?.of)).toEqual(["danger:7:self_harm", "danger:8:duress", "danger:7:duress"]);
  expect(texts().every((one) => one.endsWith("may need help now"))).toBe(true);
  vi.useRealTimers();
});
