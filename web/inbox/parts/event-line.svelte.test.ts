// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import type { Message } from "../../shared/api-types";
import { message, oneCase, row } from "../store/samples";
import { session } from "../store/session.svelte";

let answer: Response | null = null;
const asked: string[] = [];
vi.stubGlobal("fetch", async ({ url }: Request) => {
  if (/case-moves|rule-runs/.test(url)) asked.push(url);
  if (!answer) throw new TypeError("away");
  return answer.clone();
});
const { desk } = await import("../store/desk.svelte");
const { default: EventLine } = await import("./EventLine.svelte");
const undo = (): Element | null => document.querySelector("button");
const offer = (is_possible: boolean): Response => Response.json({ is_possible, code: null, because: is_possible ? null : "It moved on." });
const line = (): Message => ({ ...message(9), case_id: 2, event: { event: "messages_moved", move_id: 7, from_case_id: 1, count: 1 } }) as unknown as Message;
const changed = (id: number): void => desk.take({ type: "event", position: 9, person_id: 1, kind: "case.changed", case: oneCase(id), row: row() });

test("a move whose undo could not be looked at can be tried, and what hinders one is asked again when a case of it changes", async () => {
  vi.spyOn(session, "can").mockReturnValue(true);
  const first = mount(EventLine, { target: document.body, props: { message: line() } });
  await vi.waitFor(() => expect(undo()).not.toBeNull());
  await unmount(first);
  answer = offer(false);
  const second = mount(EventLine, { target: document.body, props: { message: line() } });
  await vi.waitFor(() => expect(document.body.textContent).toContain("It moved on."));
  expect(undo()).toBeNull();

  answer = offer(true);
  asked.length = 0;
  changed(5);
  changed(1);

  await vi.waitFor(() => expect(undo()).not.toBeNull());
  expect(asked).toHaveLength(1);
  changed(1);
  expect(asked).toHaveLength(1);
  await unmount(second);
});

test("why a rule ran is told beside the line that says so, to who may read rules", async () => {
  const ran = { ...message(9), author: { kind: "rule", id: 3, name: "Refunds" }, event: { event: "rule_ran", case_id: 1, run_id: 12, version: 2 } } as unknown as Message;
  const may = vi.spyOn(session, "can").mockReturnValue(false);
  const plain = mount(EventLine, { target: document.body, props: { message: ran } });
  expect([undo(), document.body.textContent]).toEqual([null, expect.stringContaining("The rule “Refunds” ran")]);
  await unmount(plain);
  may.mockReturnValue(true);
  const parts = [{ kind: "test", field: "message.text", op: "contains_any", value: ["refund", "back"], held: true, saw: ["refund"] }, { kind: "not", held: false, parts: [{ kind: "test", field: "case.state", op: "is", value: "open", held: true, saw: "open" }] }];
  answer = Response.json({ explained: { when: { kind: "happened", on: "person_wrote" }, judged: { kind: "any", held: true, parts }, did: [{ do: "prioritise", came: "changed" }], because: "" } });
  asked.length = 0;
  const shown = mount(EventLine, { target: document.body, props: { message: ran } });
  expect(undo()?.textContent).toBe("Why");
  (undo() as HTMLElement).click();
  const dialog = (): string => document.querySelector("[role=dialog]")?.textContent?.replace(/\s+/g, " ") ?? "";
  await vi.waitFor(() => expect(dialog()).toContain("Set the priority (done)"), 5000);
  expect(asked).toEqual([expect.stringMatching(/\/rule-runs\/12$/)]);
  expect(dialog()).toMatch(/The rule “Refunds” ran.*When: a person wrote.*✓ any of.*✓ Text.*holds any of refund, back saw refund.*✗ not.*✓ Case state.*is Open saw Open/);
  await unmount(shown);
});
