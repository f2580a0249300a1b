import { expect, test } from "vitest";
import { against, alike, likelihood } from "./compare";
import { identity, person } from "./samples";

const linked = (id: number, account: string) => identity(id, { handle: `h${id}`, shown_as: `h${id}`, level: 2, host_account: account });

test("names and handles that stand on both sides are found, however they are written", () => {
  const left = person({ display_name: "Ana Lopez", identities: [identity(1, { handle: "Ana@Mail.example", shown_as: "Ana" })] });
  const right = person({ id: 2, display_name: "ANA LOPEZ", identities: [identity(2, { handle: "ana@mail.example", shown_as: "a. lopez" })] });
  expect(alike(left, right)).toEqual(["ana lopez", "ana@mail.example"]);
});

test("different accounts and shared handles speak against it, a common account does not", () => {
  const one = person({ identities: [linked(1, "a-1")] });
  expect(against(one, person({ identities: [linked(2, "b-2")] }))).toEqual(["other_account"]);
  expect(against(one, person({ identities: [linked(2, "b-2"), linked(3, "a-1")] }))).toEqual([]);
  expect(against(one, person({ identities: [identity(4, { is_shared: true })] }))).toEqual(["shared"]);
});

test("a score is told as a word", () => {
  expect([99, 70, 69, 45, 44, 0].map(likelihood)).toEqual(["strong", "strong", "likely", "likely", "weak", "weak"]);
});
