// @vitest-environment happy-dom
import { flushSync, mount, tick, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import { ops } from "../../store/ops.svelte";
import { session } from "../../store/session.svelte";
import Quarantine from "./Quarantine.svelte";

test("what is being tried again is neither tried twice nor dropped meanwhile, and may be once that failed", async () => {
  vi.stubGlobal("navigator", { languages: ["en"] });
  vi.spyOn(ops, "loadQuarantine").mockResolvedValue();
  vi.spyOn(session, "can").mockReturnValue(true);
  let fail: (error: Error) => void = () => undefined;
  const settle = vi.spyOn(ops, "settle").mockReturnValue(new Promise((_, reject) => (fail = reject)));
  const at = "2026-01-01T00:00:00Z";
  ops.quarantine = [{ id: 7, account_id: 1, event_key: "k", first_seen_at: at, last_seen_at: at, is_replayable: true, message_id: null, reason: "full", seen: 1, state: "waiting" }];
  const shown = mount(Quarantine, { target: document.body });
  flushSync();
  const [, again, drop] = document.querySelectorAll<HTMLButtonElement>("li button");
  again?.click();
  await tick();
  expect(again?.getAttribute("aria-busy")).toBe("true");
  again?.click();
  drop?.click();
  expect(settle.mock.calls).toEqual([[7, "replay"]]);
  fail(new Error("still full"));
  await vi.waitFor(() => expect(again?.getAttribute("aria-busy")).toBeNull());
  drop?.click();
  expect(settle).toHaveBeenLastCalledWith(7, "drop");
  await unmount(shown);
});
