// What is shown of the guesses of a case: what it may be about, whether it is urgent, how the person feels. Pure.
import type { Case, Finding } from "../../shared/api-types";

export type Guess = {
  /** Nobody has said what the case is about but this guess. */
  topic: Finding | null;
  /** A danger that no agent has called none since it was told. */
  danger: Finding | null;
  /** How the newest message sounds, if it sounds like anything. */
  emotion: "worried" | "angry" | "grateful" | null;
  isComplaint: boolean;
};

/** `findings`: the newest first. Null: there is nothing to say. */
export function guessOf(findings: readonly Finding[], one: Case): Guess | null {
  const [newest] = findings;
  if (!newest) return null;
  const calmed = Math.max(0, ...findings.map(({ correction }) => (correction?.is_urgent === false ? Date.parse(correction.at) : 0)));
  const isStill = (each: Finding): boolean => each.correction?.is_urgent === true || (each.correction?.is_urgent !== false && Date.parse(each.at) > calmed);
  const danger = one.state === "solved" ? null : (findings.find((each) => each.danger !== null && isStill(each)) ?? null);
  const emotion = newest.emotion === "neutral" ? null : newest.emotion;
  const isComplaint = findings.some((each) => each.is_complaint);
  const guess = { topic: topicOf(findings, one), danger, emotion, isComplaint };
  return guess.topic || danger || emotion || isComplaint ? guess : null;
}

/** The guess by which the case has its topic; of a case without one, the surest. An agent's word ends all guessing. */
function topicOf(findings: readonly Finding[], one: Case): Finding | null {
  if (findings.some((each) => typeof each.correction?.topic_id === "number")) return null;
  const named = findings.filter((each) => each.topic_id !== null && each.topic !== null);
  if (one.topic_id !== null) return named.find((each) => each.set_topic && each.topic_id === one.topic_id) ?? null;
  return named.toSorted((each, other) => other.topic_confidence - each.topic_confidence)[0] ?? null;
}
