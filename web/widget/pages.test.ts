import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { Chat } from "./chat";
import { bare, tell } from "./pages";
import type { Link } from "./stream";

test("a page's address says neither what was asked nor where on it one is", () => {
  expect(bare(new URL("https://shop.example/orders/7?token=secret#pay"))).toBe("https://shop.example/orders/7");
});

test("a page is said once to each open session, and to none that is not open", () => {
  const said: string[] = [];
  const link = signal<Link>("off");
  const sessions: { token?: string } = {};
  const api = { signal: async (token: string, body: { address: string }) => void said.push(`${token} ${body.address}`) };
  let came: (address: string) => void = () => undefined;
  const stop = tell({ api, link, sessions } as unknown as Chat, (found) => ((came = found), found("a"), () => undefined));

  sessions.token = "one";
  expect(said).toEqual([]);
  link.value = "on";
  link.value = "lost";
  link.value = "on";
  came("b");
  sessions.token = "two";
  link.value = "connecting";
  link.value = "on";
  stop();
  link.value = "off";
  sessions.token = "three";
  link.value = "on";

  expect(said).toEqual(["one a", "one b", "two b"]);
});

test("a page that is not known yet is not said", () => {
  const said: string[] = [];
  const api = { signal: async (_: string, body: { address: string }) => void said.push(body.address) };
  let came: (address: string) => void = () => undefined;
  tell({ api, link: signal<Link>("on"), sessions: { token: "one" } } as unknown as Chat, (found) => ((came = found), () => undefined));
  expect(said).toEqual([]);
  came("a");
  expect(said).toEqual(["a"]);
});
