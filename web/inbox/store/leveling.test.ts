import { expect, test } from "vitest";
import type { ReplyTopic, StepUp } from "../../shared/api-types";
import { needOf, refusalAt, stepUpOf } from "./leveling";
import { AT, identity, oneCase, reach } from "./samples";

const NOW = Date.parse(AT);
const topic = (changes: Partial<ReplyTopic> = {}): ReplyTopic => ({ id: 1, name: "kyc", minimum_level: 2, allowed_channels: [], names: {}, ...changes });
const stepUp = (changes: Partial<StepUp> = {}): StepUp => ({
  id: 1, identity_id: 1, topic_id: null, topic_name: "", state: "granted", requested_at: AT, confirmed_at: AT,
  ends_at: "2026-05-20T10:15:00Z", message_id: null, ...changes,
});
const levelOf = (refusal: ReturnType<typeof refusalAt>): unknown =>
  refusal?.kind === "level" ? [refusal.needed, refusal.present, refusal.reason, refusal.canStepUp] : refusal;
const need = (level: number) => ({ level, channels: null, account: null });

test("a reply needs the most that its case and its topics ask for, and only channels that all allow", () => {
  const one = oneCase(1, { minimum_level: 1, allowed_channels: ["mail", "chat"], host_account: "a-1" });
  expect(needOf(one, [topic({ allowed_channels: ["chat", "phone"] }), undefined])).toEqual({ level: 2, channels: ["chat"], account: "a-1" });
  expect(needOf(undefined, [])).toEqual({ level: 0, channels: null, account: null });
});

test("what is proven enough may be told, by a channel that is allowed", () => {
  const known = identity(1, { level: 2 });
  expect(refusalAt(reach(1, { level: 2 }), known, need(2), false)).toBeNull();
  expect(refusalAt(reach(1), known, { level: 0, channels: ["chat"], account: null }, false)).toEqual({ kind: "channel", channels: ["chat"] });
});

test("each reason for too little proof is told apart", () => {
  const linked = identity(1, { level: 2, host_account: "a-1" });
  const group = reach(1, { place: { id: 1, kind: "group", title: "All", parent_title: "" } as never });
  expect(levelOf(refusalAt(group, linked, need(1), false))).toEqual([1, 0, "in_public", false]);
  expect(levelOf(refusalAt(reach(1), identity(1, { is_claimed: true }), need(1), false))).toEqual([1, 0, "claimed", false]);
  expect(levelOf(refusalAt(reach(1), identity(1), need(2), false))).toEqual([2, 1, "not_linked", false]);
  expect(levelOf(refusalAt(reach(1), { ...linked, is_shared: true }, need(2), false))).toEqual([2, 1, "shared", false]);
  expect(levelOf(refusalAt(reach(1), linked, { ...need(2), account: "b-2" }, false))).toEqual([2, 1, "other_account", false]);
  expect(levelOf(refusalAt(reach(1), linked, need(3), false))).toEqual([3, 2, "no_step_up", true]);
  expect(levelOf(refusalAt(reach(1), linked, need(1), false, true))).toEqual([1, 0, "copies", false]);
});

test("a fresh confirmation lifts somebody who is linked, and nobody else", () => {
  expect(refusalAt(reach(1), identity(1, { level: 2, host_account: "a-1" }), need(3), true)).toBeNull();
  expect(levelOf(refusalAt(reach(1), identity(1), need(3), true))).toEqual([3, 1, "not_linked", false]);
});

test("a confirmation counts for its identity and topic, and until it ends", () => {
  const one = oneCase(1, { step_ups: [stepUp(), stepUp({ id: 2, state: "asked" })] });
  expect(stepUpOf(one, 1, null, NOW)?.id).toBe(1);
  expect([stepUpOf(one, 2, null, NOW), stepUpOf(one, 1, 7, NOW), stepUpOf(one, 1, null, NOW + 900_000)]).toEqual([undefined, undefined, undefined]);
  expect(stepUpOf(oneCase(1, { step_ups: [stepUp({ state: "asked" })] }), 1, null, NOW)?.state).toBe("asked");
});
