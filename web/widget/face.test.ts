// @vitest-environment happy-dom
import { h, render } from "preact";
import { expect, test, vi } from "vitest";
import type { Chat } from "./chat";
import { Face } from "./parts/Face";

test("until an answer's own author is known, and if they have no photo, nobody's stands at it", async () => {
  vi.stubGlobal("createImageBitmap", async () => ({ width: 1, height: 1 }));
  const later: (() => void)[] = [];
  const api = {
    json: async () => ({ faces: [{ seq: 1, version: "bo" }, { seq: 3, version: "eva" }] }),
    ask: async (path: string) => {
      if (path === "faces/eva") await new Promise<void>((go) => later.push(go));
      return { blob: async () => new Blob(["x"], { type: "image/jpeg" }) };
    },
  };
  const chat = { api, sessions: { get: async () => "t" } } as unknown as Chat;
  const box = document.createElement("div");
  const show = (seq: number): void => render(h(Face, { chat, seq }), box);
  const isShown = (): boolean => box.querySelector("canvas")?.hidden === false;
  show(1);
  await vi.waitFor(() => expect(isShown()).toBe(true));
  show(3);
  await vi.waitFor(() => expect(later).toHaveLength(1));
  expect(isShown()).toBe(false);
  show(2);
  later[0]?.();
  await new Promise((go) => setTimeout(go, 80));
  expect(isShown()).toBe(false);
});
