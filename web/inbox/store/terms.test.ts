import { expect, test } from "vitest";
import { strayOf, termsOf, toggled } from "./terms";

test("a query is parted where its parts end, and nowhere within them", () => {
  expect(termsOf('is:open  label:"very late" -has:file (from:me refund)')).toEqual(["is:open", 'label:"very late"', "-has:file", "(from:me refund)"]);
  expect(termsOf('is:open "not arrived" OR 没有到账 OR late vip')).toEqual(["is:open", '"not arrived" OR 没有到账 OR late', "vip"]);
  expect(termsOf("")).toEqual([]);
});

test("what is not closed yet is a part, and nothing of it is lost", () => {
  expect(termsOf('is:open "not arr')).toEqual(["is:open", '"not arr']);
  expect(termsOf("(is:open refund")).toEqual(["(is:open refund"]);
});

test("a part is taken away and put back, and the others stay", () => {
  expect(toggled("is:open channel:email late", "channel:email")).toBe("is:open late");
  expect(toggled("is:open late", "channel:email")).toBe("is:open late channel:email");
  expect(toggled("", "is:unread")).toBe("is:unread");
});

test("what is quoted or put in parentheses the Russian or the Chinese way is one part", () => {
  expect(termsOf("from:«Ана Лопес» is:open")).toEqual(["from:«Ана Лопес»", "is:open"]);
  expect(termsOf("“not arrived” „ещё не“ 「没有 到账」 -『a b』 （a OR b） c")).toEqual(["“not arrived”", "„ещё не“", "「没有 到账」", "-『a b』", "（a OR b）", "c"]);
  expect(termsOf("topic：\"late ones\" is:open")).toEqual(["topic：\"late ones\"", "is:open"]);
});

test("a quotation mark opens only where a word or a value begins", () => {
  expect(termsOf('5" is:open')).toEqual(['5"', "is:open"]);
  expect(termsOf('it"s (a"b c) d')).toEqual(['it"s', '(a"b c)', "d"]);
});

test("a query that closes more than it opens, or less, would reach out of the parentheses around it", () => {
  expect(["", "(a) b", "(a OR (b c)) （d)", 'a ")" 「(」', 'is:open "not arr'].map(strayOf)).toEqual([null, null, null, null, null]);
  expect(strayOf("x) OR (is:open")).toEqual({ code: "unopened", at: 1 });
  expect(strayOf("a (b (c)")).toEqual({ code: "unclosed", at: 2 });
  expect(strayOf('5" OR b) ("')).toEqual({ code: "unopened", at: 7 });
});
