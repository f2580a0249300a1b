// What a case's guesses come to on the page.
import { expect, test } from "vitest";
import type { Case, Finding } from "../../shared/api-types";
import { guessOf } from "./guess";

const AT = "2026-01-05T12:00:00Z";
const one = (changes: Partial<Case> = {}): Case => ({ id: 1, state: "open", topic: "", topic_id: null, ...changes }) as Case;
const finding = (message_id: number, changes: Partial<Finding> = {}): Finding => ({
  message_id,
  case_id: 1,
  topic_id: null,
  topic: null,
  topic_confidence: 0,
  urgency: "normal",
  emotion: "neutral",
  language: "en",
  is_complaint: false,
  danger: null,
  danger_confidence: 0,
  words: [],
  classifier: "offline",
  version: "1",
  at: AT,
  set_topic: false,
  set_priority: false,
  correction: null,
  page: null,
  ...changes,
});
const said = (topic_id: number | null, is_urgent: boolean | null) => ({ correction: { by: { id: 1, name: "Bo" }, at: AT, topic_id, topic: null, is_urgent } });
const fees = { topic_id: 7, topic: "Fees", topic_confidence: 0.6 };

test("nothing is shown of messages in which nothing was found", () => {
  expect(guessOf([], one())).toBeNull();
  expect(guessOf([finding(1)], one())).toBeNull();
});

test("the surest topic is guessed of a case without one", () => {
  const found = guessOf([finding(2, { ...fees, topic_confidence: 0.4 }), finding(1, fees)], one());
  expect(found?.topic?.message_id).toBe(1);
});

test("a topic that the case has by a guess is called guessed until an agent says what it is", () => {
  const guessed = finding(1, { ...fees, set_topic: true });
  const withTopic = one({ topic_id: 7, topic: "Fees" });
  expect(guessOf([guessed], withTopic)?.topic).toEqual(guessed);
  expect(guessOf([{ ...guessed, ...said(7, null) }], withTopic)).toBeNull();
  expect(guessOf([guessed], one({ topic_id: 8, topic: "Bonus" }))).toBeNull();
});

test("a danger is shown until an agent says that it is none, or the case is solved", () => {
  const told = finding(1, { danger: "duress", urgency: "urgent" });
  expect(guessOf([finding(2), told], one())?.danger).toEqual(told);
  expect(guessOf([{ ...told, ...said(null, true) }], one())?.danger?.message_id).toBe(1);
  expect(guessOf([{ ...told, ...said(null, false) }], one())).toBeNull();
  expect(guessOf([told], one({ state: "solved" }))).toBeNull();
  const later = { ...told, message_id: 3, ...said(null, false) };
  expect(guessOf([later, told], one())).toBeNull();
  expect(guessOf([{ ...told, message_id: 4, at: "2026-01-05T13:00:00Z" }, later, told], one())?.danger?.message_id).toBe(4);
});

test("how the person feels is that of the newest message, and a complaint stays one", () => {
  const found = guessOf([finding(2, { emotion: "grateful" }), finding(1, { emotion: "angry", is_complaint: true })], one());
  expect([found?.emotion, found?.isComplaint]).toEqual(["grateful", true]);
});
