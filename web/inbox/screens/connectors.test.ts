// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { expect, test, vi } from "vitest";

const answers: (() => Response)[] = [() => new Response("", { status: 500 })];
vi.stubGlobal("fetch", async () => (answers[0] as () => Response)());
const { accounts } = await import("../store/accounts.svelte");
const { default: Connectors } = await import("./Connectors.svelte");

test("accounts that do not come are asked for again by whoever wants them", async () => {
  const shown = mount(Connectors, { target: document.body });
  const again = (): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === "Try again");
  await vi.waitFor(() => expect(again()).toBeDefined());
  answers[0] = () => Response.json({ accounts: [] });
  again()?.click();
  await vi.waitFor(() => expect([accounts.isLoaded, again()]).toEqual([true, undefined]));
  await unmount(shown);
});
