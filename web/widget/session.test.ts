import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "./api";
import { type Asked, fakeDesk, fakeStorage } from "./fakes";
import { Keep } from "./keep";
import { Sessions } from "./session";

let asked: Asked[];
let number: number;

function page(key = "onethread:shop"): Sessions {
  return new Sessions(new Api("https://desk.example/hooks/h1"), new Keep(key), () => "en", () => undefined);
}

beforeEach(() => {
  fakeStorage();
  number = 0;
  asked = fakeDesk(({ path, body }) => {
    if (path === "logout") return { status: 204 };
    number += 1;
    return {
      body: {
        session_token: body?.token ?? `token-${number}`,
        session: `session-${number}`,
        is_signed: body?.attestation !== undefined,
        expires_at: "",
      },
    };
  });
});

afterEach(() => vi.unstubAllGlobals());

test("nobody has a session before it is needed, and then one", async () => {
  const sessions = page();
  expect(sessions.isKept).toBe(false);

  const both = await Promise.all([sessions.get(), sessions.get()]);

  expect(both).toEqual(["token-1", "token-1"]);
  expect(asked.length).toBe(1);
});

test("the next page goes on with the same session", async () => {
  await page().get();

  const next = page();
  expect(next.isKept).toBe(true);
  await next.get();

  expect(asked[1]!.body).toEqual({ token: "token-1", language: "en" });
});

test("two accounts on one page do not share a session", async () => {
  await page("onethread:shop").get();

  expect(page("onethread:bank").isKept).toBe(false);
});

test("a signed session is not gone on with by whoever comes next", async () => {
  const signed = page();
  signed.identify("jwt");
  await signed.get();

  const stranger = page();
  expect(stranger.isKept).toBe(false);
  await stranger.get();

  expect(asked[1]!.body).toEqual({ language: "en" });
});

test("whoever signs in brings a token each time, made afresh by the host's page", async () => {
  let made = 0;
  const first = page();
  first.identify(async () => `jwt-${++made}`);
  await first.get();
  const second = page();
  second.identify(async () => `jwt-${++made}`);
  await second.get();

  expect(asked.map((one) => one.body?.attestation)).toEqual(["jwt-1", "jwt-2"]);
  expect(asked[1]!.body?.token).toBe("token-1");
});

test("logging out ends the session at the desk and leaves nothing behind", async () => {
  const sessions = page();
  sessions.identify("jwt");
  await sessions.get();

  await sessions.logout();

  expect(asked.at(-1)).toMatchObject({ path: "logout", token: "token-1" });
  expect(page().isKept).toBe(false);
  expect(localStorage.getItem("onethread:shop")).not.toContain("token-1");
});

test("signing in goes on with what was said before, and leaves no unknown session behind", async () => {
  await page().get();

  const signed = page();
  signed.identify("jwt");
  await signed.get();

  expect(asked[1]!.body).toEqual({ token: "token-1", attestation: "jwt", language: "en" });
  expect(new Keep("onethread:shop").read().guest).toBeUndefined();
});

test("a tab that nobody signed in to does not take the signed one's session, nor disturb it", async () => {
  const guest = page();
  await guest.get();
  const signed = page();
  signed.identify("jwt");
  await signed.get();

  expect(guest.takeOver()).toBe(true);
  await guest.get();

  expect(asked[2]!.body).toEqual({ language: "en" });
  expect(signed.takeOver()).toBe(false);
});

test("who signs in while a session is being opened gets a signed one", async () => {
  const sessions = page();
  const opening = sessions.get();
  sessions.identify("jwt");
  await opening;

  expect(sessions.isSigned).toBe(true);
  expect(new Keep("onethread:shop").read().guest).toBeUndefined();
});

test("another tab's session makes this tab's token worthless", async () => {
  const here = page();
  await here.get();
  expect(here.takeOver()).toBe(false);

  new Keep("onethread:shop").write({ guest: { token: "rotated", session: "s" } });

  expect(here.takeOver()).toBe(true);
  expect(here.token).toBeUndefined();
});

test("before a session ends the page is asked for a fresh proof, and the token stays", async () => {
  vi.useFakeTimers();
  let proofs = 0;
  let opened = 0;
  asked = fakeDesk(({ body }) => ({
    body: {
      session_token: body?.token ?? "token-1",
      session: "session-1",
      is_signed: true,
      expires_at: new Date(Date.now() + 24 * 3_600_000).toISOString(),
    },
  }));
  const sessions = new Sessions(new Api("https://desk.example/hooks/h1"), new Keep("k"), () => "en", () => opened++);
  sessions.identify(() => `proof-${++proofs}`);
  await sessions.get();

  await vi.advanceTimersByTimeAsync(23 * 3_600_000);
  expect(proofs).toBe(1);
  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(proofs).toBe(2);
  expect(asked.at(-1)!.body).toMatchObject({ token: "token-1", attestation: "proof-2" });
  expect([sessions.token, opened]).toEqual(["token-1", 1]);
  sessions.stop();
  vi.useRealTimers();
});

test("two tabs that begin at once get one session between them", async () => {
  let turn = Promise.resolve();
  const request = (_: string, work: () => Promise<void>) => (turn = turn.then(work));
  vi.stubGlobal("navigator", { locks: { request } });

  const tokens = await Promise.all([page().get(), page().get()]);

  expect(tokens).toEqual(["token-1", "token-1"]);
});

test("a page without a session joins the one that another tab has opened", async () => {
  const [left, right] = [page(), page()];
  expect(right.takeOver()).toBe(false);
  await left.get();

  expect(right.takeOver()).toBe(true);
  expect(await right.get()).toBe("token-1");
});
