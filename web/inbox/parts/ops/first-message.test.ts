// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import type { Account } from "../../../shared/api-types";
import { arrivals } from "../../store/arrivals.svelte";
import { session } from "../../store/session.svelte";
import FirstMessage from "./FirstMessage.svelte";

test("who added an account is led to whose its messages will be and to the hours, as far as that is theirs to say", async () => {
  vi.spyOn(arrivals, "watch").mockReturnValue(() => undefined);
  const may = vi.spyOn(session, "can").mockReturnValue(true);
  const shown = mount(FirstMessage, { target: document.body, props: { account: { id: 3, label: "Mail" } as Account, shownAs: "" } });
  const links = (): (string | null)[] => [...document.querySelectorAll("a")].map((one) => one.getAttribute("href"));
  expect(links()).toEqual(["/connectors/3", "/settings/workspace", "/settings/queue", "/settings/topics"]);
  await unmount(shown);
  may.mockImplementation((permission) => permission === "accounts.change");
  const other = mount(FirstMessage, { target: document.body, props: { account: { id: 3, label: "Mail" } as Account, shownAs: "" } });
  flushSync();
  expect(links()).toEqual(["/connectors/3", "/settings/workspace"]);
  await unmount(other);
});
