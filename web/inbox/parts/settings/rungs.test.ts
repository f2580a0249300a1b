// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import type { Account } from "../../../shared/api-types";
import { accounts } from "../../store/accounts.svelte";
import Rungs from "./Rungs.svelte";
// The menu fetches its list when it is first approached: here it is there before.
import "../../../shared/ui/MenuList.svelte";

test("an account is added by what is chosen of a menu, and not by what an arrow passes", async () => {
  accounts.all = [1, 2, 3].map((id) => ({ id, label: `Account ${id}`, channel: "email" }) as Account);
  const onchange = vi.fn();
  const shown = mount(Rungs, { target: document.body, props: { rungs: [2], label: "Any other account", onchange } });
  document.querySelector<HTMLElement>('[aria-label="Any other account: Add an account"]')?.click();
  const lines = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[role=menuitem]")];
  await vi.waitFor(() => expect(lines().map((one) => one.textContent.trim())).toEqual(["Account 1", "Account 3"]), 5000);
  lines()[0]?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
  expect(onchange).not.toHaveBeenCalled();
  lines()[1]?.click();
  await vi.waitFor(() => expect(onchange.mock.calls).toEqual([[[2, 3]]]));
  await unmount(shown);
});
