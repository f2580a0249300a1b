import { describe, expect, it } from "vitest";
import { filled, fit, holesIn, triggerIn } from "./triggers";

describe("what opens a list", () => {
  it.each([
    ["/", "snippet", "", 1],
    ["Hello /ref", "snippet", "ref", 4],
    ["/退", "snippet", "退", 2],
    ["Dear {{per", "variable", "per", 5],
    ["so :smi", "emoji", "smi", 4],
    ["@Бо", "mention", "Бо", 3],
  ])("%s", (before, kind, query, length) => expect(triggerIn(before)).toEqual({ kind, query, length }));

  it.each(["and/or", "https://x", "10:30", "a@b", "/ref done", ":", "plain"])("nothing does in %s", (before) =>
    expect(triggerIn(before)).toBe(null),
  );
});

describe("variables", () => {
  it("are filled with what is known, and the others stay to be filled in", () => {
    const rich = { text: "Hi {{person.name}}, your {{amount}} is here 😀", spans: [{ mark: "bold", start: 0, end: 18 }, { mark: "italic", start: 25, end: 35 }] };
    const made = filled(rich, { "person.name": "王伟" });
    expect(made.text).toBe("Hi 王伟, your {{amount}} is here 😀");
    expect(made.spans).toEqual([{ mark: "bold", start: 0, end: 5 }, { mark: "italic", start: 12, end: 22 }]);
    expect(holesIn(made.text).map((one) => one.name)).toEqual(["amount"]);
  });

  it("take nothing twice: a value that looks like a variable stays as it is", () => {
    expect(filled({ text: "{{a}}", spans: [] }, { a: "{{b}}", b: "no" }).text).toBe("{{b}}");
  });
});

describe("fuzzy search", () => {
  it("wants all letters in order, and likes them together", () => {
    expect(fit("rfd", "Refund sent")).toBeGreaterThan(0);
    expect(fit("xyz", "Refund sent")).toBe(0);
    expect(fit("ref", "Refund")).toBeGreaterThan(fit("ref", "Are we fine"));
    expect(fit("退", "退款已发出")).toBeGreaterThan(0);
  });
});
