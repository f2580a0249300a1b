import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Chat } from "./chat";
import { type Asked, fakeDesk, fakeStorage } from "./fakes";
import { tell } from "./leaving";

const session = { session_token: "secret", session: "s1", is_signed: false, expires_at: "" };
const refused = { status: 422, body: { code: "too_long", detail: "Too long." } };
let chat: Chat;

/** A desk that takes what `takes` says, and refuses or does not hear the rest. */
function desk(takes: (text: unknown) => boolean | "unreachable"): Asked[] {
  return fakeDesk((asked) => {
    if (asked.body?.client_id === undefined) return { body: session };
    const taken = takes(asked.body.text);
    if (taken === "unreachable") return taken;
    return taken ? { body: { client_id: asked.body.client_id, seq: null, files: [] } } : refused;
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("removeEventListener", () => undefined);
  fakeStorage();
  chat = new Chat("https://desk.example/hooks/h1", "onethread:leaving");
  chat.stop();
  vi.spyOn(chat as unknown as { connect(): void }, "connect").mockImplementation(() => undefined);
});

afterEach(() => {
  chat.destroy();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the wish to be deleted is taken although an older message has failed", async () => {
  desk((text) => text !== "too long");
  chat.say("too long");
  await vi.advanceTimersByTimeAsync(10);
  const asking = tell(chat, "erase me");
  await vi.advanceTimersByTimeAsync(10_000);
  await expect(asking).resolves.toBeUndefined();
  expect(chat.queue.value.map((one) => one.text)).toEqual(["too long"]);
});

test.each([["refused", false], ["unheard", "unreachable"]] as const)("a wish to be deleted that is %s is told at once or in time, and not sent later", async (_, taken) => {
  desk(() => taken);
  const asking = tell(chat, "erase me");
  asking.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(10_000);
  await expect(asking).rejects.toThrow();
  expect(chat.queue.value).toEqual([]);
});

test.each(["logout", "identify"] as const)("whoever comes after a %s sees no end and no rating of somebody else's chat", (way) => {
  desk(() => true);
  chat.isOver.value = "ended";
  chat.rateable.value = { key: "k", rating: 1, comment: "mine", until: "" };
  if (way === "logout") chat.logout();
  else chat.identify("somebody else");
  expect([chat.isOver.value, chat.rateable.value]).toEqual(["", undefined]);
});
