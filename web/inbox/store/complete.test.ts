import { expect, test } from "vitest";
import { options, partOfName, pieces, unitsOf, wordAt } from "./complete";

const texts = (text: string, known = {}): string[] => options(text, text.length, known).map((one) => one.text);

test("a begun word offers the operators that begin so", () => {
  expect(texts("refund a")).toEqual(["assignee:", "after:"]);
  expect(texts("refund ")).toEqual([]);
});

test("an operator offers its values, quoted where they need it", () => {
  expect(texts("is:un")).toEqual(["is:unread ", "is:unassigned "]);
  expect(texts("-assignee:b", { assignee: ["me", "Bo Larsen"] })).toEqual(['assignee:"Bo Larsen" ']);
  expect(texts("label:", { label: ["「VIP」", "A（B）"] })).toEqual(['label:"「VIP」" ', 'label:"A（B）" ']);
  expect(texts("inbox:")).toEqual([]);
});

test("a field is completed by its name, then by what may stand in it", () => {
  const known = { field: ["Payout chain", "Amount"], choices: new Map([["payout chain", ["Tron", "Bitcoin Cash"]], ["amount", []]]) };
  expect(texts("field:", known)).toEqual(['field:"Payout chain=', "field:Amount="]);
  expect(texts("-field:pay", known)).toEqual(['field:"Payout chain=']);
  expect(texts('field:"Payout chain=', known)).toEqual(['field:"Payout chain=Tron" ', 'field:"Payout chain=Bitcoin Cash" ', 'field:"Payout chain=none" ', 'field:"Payout chain" ']);
  expect(texts('field:"payout chain=bit', known)).toEqual(['field:"Payout chain=Bitcoin Cash" ']);
  expect(texts("field:amount=", known)).toEqual(["field:Amount=none ", "field:Amount "]);
  expect(texts("field:fee=", known)).toEqual([]);
});

test("a value that is whole offers nothing more", () => {
  expect(texts("is:open")).toEqual([]);
});

test("the word under the caret begins after a break, a minus, or its quote's operator", () => {
  expect(wordAt('a from:"Ana L', 13)).toEqual({ at: 2, word: 'from:"Ana L' });
  expect(wordAt("(-is:o", 6)).toEqual({ at: 2, word: "is:o" });
});

test.each(["“”", "«»", "„“", "「」", "『』", '""'])("what stands within %s is one word, as the server reads it", ([begin, end]) => {
  for (const word of [`label:${begin}very im`, `${begin}very im`, `topic：${begin}(a`]) expect(wordAt(`a -${word}`, 3 + word.length)).toEqual({ at: 3, word });
  const after = `from:${begin}Ana L${end} is:o`;
  expect(wordAt(after, after.length)).toEqual({ at: after.length - 4, word: "is:o" });
  expect(texts(`label:${begin}very im`, { label: ["very important"] })).toEqual(['label:"very important" ']);
});

test("a quotation mark in a word is a letter of it, and full-width parentheses break one", () => {
  expect(wordAt('19" is:o', 8)).toEqual({ at: 4, word: "is:o" });
  expect(wordAt("（is:o", 5)).toEqual({ at: 1, word: "is:o" });
});

test("an option replaces exactly what was begun", () => {
  expect(options("is:un rest", 5, {})[0]).toEqual({ text: "is:unread ", shown: "is:unread", at: 0, end: 5 });
});

test("marks count code points, so that an emoji before them moves nothing", () => {
  expect(pieces("😀 a refund", [[4, 10]])).toEqual([
    { text: "😀 a ", isMarked: false },
    { text: "refund", isMarked: true },
  ]);
  expect(unitsOf("😀 froom:x", 2, 5)).toEqual({ at: 3, end: 8 });
});

test("people are offered by their numbers, whatever part of them was typed", () => {
  const people = { part: "opez", found: [{ id: 7, name: "Ana Lopez" }] };
  expect(partOfName("refund from:opez", 16)).toBe("opez");
  expect(partOfName('to:"ana l', 9)).toBe("ana l");
  expect([partOfName("label:opez", 10), partOfName("from:#7", 7), partOfName("opez", 4)]).toEqual(["", "", ""]);
  expect(options("refund from:opez", 16, {}, people)).toEqual([{ text: "from:#7 ", shown: "from:Ana Lopez", at: 7, end: 16 }]);
  expect(options("from:", 5, { from: ["me"] }, people).map((one) => one.text)).toEqual(["from:me "]);
});

test("a name that reads as a query changes nothing of the query", () => {
  const found = [{ id: 8, name: "#7" }, { id: 9, name: "me" }, { id: 10, name: 'm" is:solved "' }];
  expect(options("to:m", 4, {}, { part: "m", found }).map((one) => one.text)).toEqual(["to:#8 ", "to:#9 ", "to:#10 "]);
});

test("nobody is offered who was found by something else than is typed", () => {
  const people = { part: "ann", found: [{ id: 7, name: "Ann · ann@shop.invalid" }, { id: 8, name: "Anna" }, { id: 9, name: "Grace" }] };
  const ids = (text: string): string[] => options(text, text.length, {}, people).map((one) => one.text.trim());
  expect(ids("from:ann")).toEqual(["from:#7", "from:#8", "from:#9"]);
  expect([ids("from:anna"), ids("from:bob"), ids("to:an")]).toEqual([["from:#8"], [], []]);
});
