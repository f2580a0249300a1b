import { expect, test } from "vitest";
import { changedConfig, configOf, fieldsOf, typedOf } from "./schema";

// What `onethread connector new` writes: a third party's settings, unknown to this page.
const scaffold = {
  properties: {
    api_base_url: { title: "API address", type: "string", description: "Where the API is." },
    token: { title: "Token", type: "string", format: "password", writeOnly: true },
    keys: { type: "array", items: { type: "object" }, default: [] },
    poll: { type: "boolean", default: true },
  },
  required: ["api_base_url", "token"],
};
const fields = fieldsOf(scaffold);

test("any connector's schema becomes a form, secrets hidden", () => {
  expect(fields.map((one) => [one.name, one.kind, one.isRequired])).toEqual([
    ["api_base_url", "text", true], ["token", "secret", true], ["keys", "lines", false], ["poll", "switch", false],
  ]);
  expect(configOf(fields, { api_base_url: "https://a.example", token: "t", poll: false })).toEqual({
    api_base_url: "https://a.example", token: "t", poll: false,
  });
});

test("a form that is opened again shows no secret, and saving it keeps what it cannot show", () => {
  const before = { api_base_url: "https://a.example", token: "********", keys: [{ kid: "one", key: "********" }], poll: true };
  const typed = typedOf(fields, before);
  expect([typed.token, typed.api_base_url, typed.poll]).toEqual(["", "https://a.example", true]);
  const saved = changedConfig(fields, { ...typed, api_base_url: "https://b.example" }, before);
  expect(saved).toEqual({ api_base_url: "https://b.example", keys: before.keys, poll: true });
  expect(changedConfig(fields, { ...typed, token: "new" }, before).token).toBe("new");
});
