import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { origin: "https://desk.example" });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("document", { documentElement: {} });
const { speech } = await import("./words.svelte");
const { warned } = await import("./warned");
const FAILED = "The sender failed verification: this may not come from clerk@bank.example.";

test.each([
  [FAILED, "Отправитель не прошёл проверку: возможно, письмо не от clerk@bank.example."],
  ["The sender is not verified: their domain did not sign this mail.", "Отправитель не проверен: его домен не подписал это письмо."],
  ["The sender is not verified: bank.example did not sign this mail.", "Отправитель не проверен: bank.example не подписал это письмо."],
  ["The sender is not verified: the signature of bank.example does not hold.", "Отправитель не проверен: подпись bank.example недействительна."],
  ["The sender is not verified: the signature of bank.example does not hold (no single key).", "Отправитель не проверен: подпись bank.example недействительна (no single key)."],
  ["The mail server took this mail for junk.", "Почтовый сервер счёл это письмо спамом."],
  ["The mail provider of ann@people.example reports one of our mails: abuse.", "Почтовый сервис адресата ann@people.example жалуется на одно из наших писем: abuse."],
  ["The mail provider reports one of our mails: abuse.", "Почтовый сервис жалуется на одно из наших писем: abuse."],
  ["Forwarded; first said by Ana (cold).", "Переслано; первоначальный автор: Ana (cold)."],
  ["The moon is made of cheese.", "The moon is made of cheese."],
])("%s", async (said, russian) => {
  await speech.change("en");
  expect(warned(said)).toBe(said);
  await speech.change("ru");
  await vi.waitFor(() => expect(warned(said)).toBe(russian));
});
