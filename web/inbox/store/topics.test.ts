// Topics are called as the reader calls them, wherever one of them is named.
import { expect, test, vi } from "vitest";

let asked = 0;
vi.stubGlobal("location", { origin: "https://desk.example" });
vi.stubGlobal("fetch", async () => {
  asked += 1;
  const topics = [
    { id: 1, name: "Withdrawals", names: { ru: "Выводы" } },
    { id: 2, name: "Other", names: {} },
  ];
  return new Response(JSON.stringify({ topics }), { headers: { "Content-Type": "application/json" } });
});
const { topics } = await import("./topics.svelte");
const { speech } = await import("./words.svelte");

test("a topic is called as the reader calls it, and by its own name where nothing else is known", async () => {
  expect(topics.called(null, "")).toBe("");
  expect(asked).toBe(0);
  expect(topics.called(1, "Withdrawals")).toBe("Withdrawals");
  await vi.waitFor(() => expect(topics.all).toHaveLength(2));
  speech.language = "ru";
  expect(topics.called(1, "Withdrawals")).toBe("Выводы");
  expect(topics.called(2, "Other")).toBe("Other");
  expect(topics.called(9, "Retired")).toBe("Retired");
  expect([topics.calledAs("Withdrawals"), topics.calledAs("Retired"), topics.calledAs("")]).toEqual(["Выводы", "Retired", ""]);
  speech.language = "zh";
  expect(topics.called(1, "Withdrawals")).toBe("Withdrawals");
  expect(asked).toBe(1);
});
