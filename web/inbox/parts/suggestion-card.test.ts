// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Suggestion } from "../../shared/api-types";
import { speech } from "../store/words.svelte";
import { AT } from "../store/samples";
import SuggestionCard from "./SuggestionCard.svelte";

const ADDRESS = "ana@mail.example";
const ground = (kind: Suggestion["grounds"][number]["kind"], isProven = false): Suggestion["grounds"][number] => ({
  kind, value: ADDRESS, is_proven: isProven, message_id: null, other_message_id: null,
});
const suggestion = (changes: Partial<Suggestion>): Suggestion => ({
  id: 1, left: { id: 1, name: "Ana" }, right: { id: 2, name: "Eve" }, score: 30, grounds: [], against: [], state: "open", found_at: AT,
  decided_at: null, decided_by: null, decision_reason: "", merge_id: null, ...changes,
});
let shown: Record<string, unknown> | undefined;

function card(one: Suggestion): string {
  shown = mount(SuggestionCard, { target: document.body, props: { one, oncompare: () => undefined } });
  return document.body.textContent.replaceAll(/\s+/g, " ");
}

beforeEach(() => speech.change("en"));
afterEach(async () => {
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});

test("a mail that failed its checks is said to have, by name, in every language", async () => {
  const against: Suggestion["against"] = [{ kind: "failed", value: ADDRESS, checks: ["dmarc", "from"] }];
  expect(card(suggestion({ grounds: [ground("claimed")], against }))).toContain(`says it is from ${ADDRESS} failed its checks (DMARC, sender line)`);
  for (const [language, word] of [["zh", "冒名"], ["ru", "не прошло проверку"]] as const) {
    await speech.change(language);
    document.body.replaceChildren();
    expect(card(suggestion({ against }))).toContain(word);
  }
});

test("only what is proven is ticked, and what somebody said is marked where it is not", () => {
  const text = card(suggestion({ grounds: [ground("address", true), ground("phone"), ground("name")] }));
  expect(text.match(/not proven/g)).toHaveLength(1);
  expect(document.querySelectorAll(".lucide-check")).toHaveLength(1);
  expect(document.querySelectorAll(".lucide-minus")).toHaveLength(2);
});
