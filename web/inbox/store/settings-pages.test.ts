// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Me } from "../../shared/api-types";
import { session } from "./session.svelte";
import { pageAt } from "./settings-pages";

test("an address leads to a page that this agent may open, else to their own one, also once they may no more", () => {
  session.me = { agent: { id: 1 }, permissions: ["agents.change"] } as unknown as Me;
  expect(["agents", "webhooks", "security", "keys", ""].map(pageAt)).toEqual(["agents", "me", "security", "me", "me"]);
  session.me = { ...session.me, permissions: [] };
  expect(pageAt("agents")).toBe("me");
});
