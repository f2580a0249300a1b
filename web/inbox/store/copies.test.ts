import { expect, test } from "vitest";
import { readTyped, settled, suggestions, withCopy, type Copy } from "./copies";
import { message } from "./samples";

const copy = (address: string, changes: Partial<Copy> = {}): Copy => ({
  address, name: "", isHidden: false, state: "known", problem: "", ...changes,
});
const participant = (handle: string, role = "cc") => ({ realm: "mail", handle, shown_as: handle, role });

test("a pasted list is read one by one, with the names beside the addresses", () => {
  expect(readTyped('"Bea B." <bea@x.example>, carl@y.example;\n dora@z.example ')).toEqual([
    { name: "Bea B.", address: "bea@x.example" },
    { name: "", address: "carl@y.example" },
    { name: "", address: "dora@z.example" },
  ]);
  expect(readTyped(" , ")).toEqual([]);
});

test("whoever the newest word in this place was also addressed to is offered, in secret named ones never", () => {
  const said = [
    message(1, { place_id: 7, participants: [participant("old@x.example")] }),
    message(2, {
      place_id: 7,
      participants: [participant("bea@x.example"), participant("bcc@x.example", "bcc"), participant("ana@x.example", "to")],
    }),
    message(3, { place_id: 8, participants: [participant("other@x.example")] }),
  ];

  expect(suggestions(said, 7, "ana@x.example", []).map((one) => one.address)).toEqual(["bea@x.example"]);
  expect(suggestions(said, 7, "ana@x.example", [copy("bea@x.example")])).toEqual([]);
  expect(suggestions([], undefined, "", [])).toEqual([]);
});

test("one address has one copy, in the row in which it was put last", () => {
  const open = [copy("bea@x.example")];
  expect(withCopy(open, copy("bea@x.example"))).toEqual(open);
  expect(withCopy(open, copy("bea@x.example", { isHidden: true })).map((one) => one.isHidden)).toEqual([true]);
});

test("the server's answer spells an address, drops one that was there, or says what is wrong", () => {
  const asked = [copy("bea@x.example"), copy("BEA@x.example", { state: "asking" })];
  expect(settled(asked, "BEA@x.example", { handle: "bea@x.example" })).toEqual([copy("bea@x.example")]);
  expect(settled(asked, "BEA@x.example", { handle: "b@x.example" })[1]).toEqual(copy("b@x.example"));
  expect(settled(asked, "BEA@x.example", { problem: "No." })[1]).toMatchObject({ state: "refused", problem: "No." });
  expect(settled(asked, "gone@x.example", { problem: "No." })).toEqual(asked);
});
