import { expect, test } from "vitest";
import { termsOf, toggled } from "./terms";

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
