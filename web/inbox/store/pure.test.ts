import { expect, test } from "vitest";
import { read, toInbox } from "../router";
import { pieces } from "./links";
import { chosenPlace, lengthOf, measure } from "./reach";
import { reach } from "./samples";
import { configOf, fieldsOf } from "./schema";

test("the server's default place is taken unless another open one was chosen", () => {
  const places = [reach(1), reach(2, { is_default: true }), reach(3, { is_available: false })];
  expect([chosenPlace(places, null), chosenPlace(places, 1), chosenPlace(places, 3)].map((one) => one?.place_id)).toEqual([2, 1, 2]);
});

test("with no open place there is nowhere to answer", () => {
  expect(chosenPlace([reach(1, { is_available: false, is_default: true })], 1)).toBeNull();
});

test("length is counted as the server counts", () => {
  expect(["characters", "utf16", "bytes"].map((unit) => lengthOf("é🎉王", unit))).toEqual([3, 4, 9]);
});

test("a text tells its length once it nears the limit", () => {
  const capabilities = { ...reach(1).capabilities, text_limit: 10 };
  expect([8, 9, 21].map((length) => measure("a".repeat(length), capabilities))).toEqual([0, 9, 21]);
});

test("web addresses become links, without the punctuation of the sentence", () => {
  expect(pieces("See https://a.example/x(1). Or (https://b.example/y)!").filter((one) => one.href).map((one) => one.href)).toEqual([
    "https://a.example/x(1)", "https://b.example/y",
  ]);
});

test("only http and https become links", () => {
  expect(pieces("javascript:alert(1) data:text/html,x ftp://a").every((one) => !one.href)).toBe(true);
});

test("the pieces of a text are the text", () => {
  const text = "a https://x.example, b\nhttp://y.example。c";
  expect(pieces(text).map((one) => one.text).join("")).toBe(text);
});

test("addresses of the page lead where they say, and what is unknown is not ours", () => {
  expect(read("/inbox/mine/42")).toEqual({ screen: "inbox", view: "mine", personId: 42 });
  expect(read(toInbox("all", 7))).toEqual({ screen: "inbox", view: "all", personId: 7 });
  expect(read("/inbox/nonsense/x")).toEqual({ screen: "inbox", view: "open", personId: null });
  expect(read("/sandbox")).toEqual({ screen: "missing" });
});

const schema = {
  required: ["address", "password"],
  properties: {
    address: { type: "string", title: "Address", description: "Where mail goes" },
    password: { type: "string", format: "password", writeOnly: true },
    port: { anyOf: [{ type: "integer" }, { type: "null" }], default: null },
    security: { $ref: "#/$defs/Security", default: "tls" },
    keep: { type: "boolean", default: true },
    hosts: { type: "array", items: { type: "string" }, default: ["a", "b"] },
  },
  $defs: { Security: { enum: ["tls", "none"], title: "Security", type: "string" } },
};

test("a form is made from a connector's schema", () => {
  expect(fieldsOf(schema).map((one) => [one.name, one.label, one.kind, one.isRequired, one.initial])).toEqual([
    ["address", "Address", "text", true, ""],
    ["password", "password", "secret", true, ""],
    ["port", "port", "number", false, ""],
    ["security", "security", "choice", false, "tls"],
    ["keep", "keep", "switch", false, true],
    ["hosts", "hosts", "lines", false, "a\nb"],
  ]);
});

test("what was typed goes back in the schema's types, and empty fields are left to the default", () => {
  const typed = { address: "a@b.example", password: "", port: "993", security: "none", keep: false, hosts: "x\n\n y " };
  expect(configOf(fieldsOf(schema), typed)).toEqual({
    address: "a@b.example", port: 993, security: "none", keep: false, hosts: ["x", "y"],
  });
});
