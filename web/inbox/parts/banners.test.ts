// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { expect, test } from "vitest";
import type { Account } from "../../shared/api-types";
import { accounts } from "../store/accounts.svelte";
import Banners from "./Banners.svelte";

const down = (id: number, label: string): Account =>
  ({ id, label, channel: "email", channel_name: "E-mail", state: "active", is_draining: false, paused_code: "", paused_reason: "", health: { state: "down", detail: "No answer" }, since: null }) as unknown as Account;

test.each([
  [["Mail"], ["Mail (E-mail): does not answer: what is written to it comes in later, and replies wait. No answer", "/connectors/1"]],
  [["Mail", "Chat", "Bot"], ["Not working: 3 accounts Mail · Chat · Bot", "/connectors"]],
])("accounts that do not work are one banner: %s", async (labels, [words, way]) => {
  accounts.all = labels.map((label, at) => down(at + 1, label));
  const shown = mount(Banners, { target: document.body });
  const found = [...document.querySelectorAll(".banner.bad")];
  expect(found.map((one) => one.querySelector("span")?.textContent.replace(/\s+/g, " ").trim())).toEqual([words]);
  expect(found[0]?.querySelector("a")?.getAttribute("href")).toBe(way);
  await unmount(shown);
});
