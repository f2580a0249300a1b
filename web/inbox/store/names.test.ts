import { expect, test } from "vitest";
import { besideName, othersOf, pageName, placeName, plainRealm, readableHandle, standingSubject } from "./names";
import { identity, message, reach } from "./samples";

const mail = identity(1, { handle: "ana@mail.example", shown_as: "Ana Lopez" });
const visitor = identity(2, { handle: "6dc41cf9962bd9d7b57bf211", shown_as: "Ana Lopez" });

test("an address stands beside a name, a machine's id does not", () => {
  expect([readableHandle(mail), readableHandle(visitor), readableHandle(identity(3, { handle: "+49 151 2345" }))]).toEqual([
    "ana@mail.example", "", "+49 151 2345",
  ]);
});

test("an address is read as people write it, and not said twice", () => {
  const written = { handle: "ana@xn--bcher-kva.example", handle_shown: "ana@bücher.example" };
  expect(readableHandle(identity(4, { ...written, shown_as: "Ana Lopez" }))).toBe("ana@bücher.example");
  expect(readableHandle(identity(4, { ...written, shown_as: "ana@bücher.example" }))).toBe("");
  expect(readableHandle(identity(4, { ...written, shown_as: "ana@xn--bcher-kva.example" }))).toBe("");
});

test("a name is not said twice", () => {
  expect([besideName(visitor, "Ana Lopez"), besideName(visitor, "Ana"), besideName(undefined, "Ana")]).toEqual(["", "Ana Lopez", ""]);
});

test("a place is called by the address of its identity", () => {
  const names = [reach(1, { identity_id: 1, shown_as: "Ana Lopez" }), reach(2, { identity_id: 2, shown_as: "Ana Lopez" })];
  expect(names.map((one) => placeName(one, [mail, visitor]))).toEqual(["ana@mail.example", "Ana Lopez"]);
});

test("the last subject of a place goes on", () => {
  const messages = [message(1, { subject: "First" }), message(2, { place_id: 2, subject: "Other" }), message(3)];
  expect([standingSubject(messages, 1), standingSubject(messages, 9)]).toEqual(["First", ""]);
});

test("a claimed realm is named as the one that it claims", () => {
  expect([plainRealm("claimed:phone"), plainRealm("phone")]).toEqual(["phone", "phone"]);
});

test("who else a message names is told by what they are to it", () => {
  const named = (role: string) => ({ realm: "mail", handle: `${role}@x.example`, shown_as: "", role });
  const all = ["from", "to", "cc", "bcc"].map(named);

  expect(othersOf(message(1, { participants: all }))).toEqual([
    { key: "message.also", names: "to@x.example, cc@x.example" },
    { key: "message.hidden_copies", names: "bcc@x.example" },
  ]);
  expect(othersOf(message(1, { direction: "note", participants: all }))[0]).toEqual(
    { key: "message.passed_on_to", names: "to@x.example" },
  );
});

test("a page is called by where it is, and what is no address as it stands", () => {
  const addresses = ["https://shop.example/cart", "https://shop.example/", "https://a b/", "https://a%zz/x", ""];
  expect(addresses.map(pageName)).toEqual(["shop.example/cart", "shop.example", "https://a b/", "https://a%zz/x", ""]);
});

test("a chat that is one of several with them is called by its title as well", () => {
  expect(placeName(reach(1, { identity_id: 9, shown_as: "Ana", title: "Withdrawal" }), [])).toBe("Ana · Withdrawal");
});
