import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { origin: "https://desk.example" });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("document", { documentElement: {} });
const { ApiError } = await import("./client");
const { loadRefusals } = await import("./refusals.svelte");
const { sentence } = await import("./toasts.svelte");
const { speech } = await import("./words.svelte");
const taken = new ApiError(409, "taken", "There is a label “VIP” already.");

test("a refusal is said in the reader's language, and in English by the server's own sentence", async () => {
  expect(sentence(taken)).toBe("There is a label “VIP” already.");
  for (const [language, said] of [["zh", "此名称已存在。"], ["ru", "Такое название уже есть."]] as const) {
    await speech.change(language);
    await loadRefusals(language);
    expect(sentence(taken)).toBe(said);
  }
});

test("a code without a text, and a text that could not be fetched, leave the server's sentence", async () => {
  await speech.change("zh");
  await loadRefusals("zh");
  expect(sentence(new ApiError(409, "never_heard_of", "So it is."))).toBe("So it is.");
  await speech.change("en");
  await loadRefusals("en");
  expect(sentence(taken)).toBe(taken.detail);
});
