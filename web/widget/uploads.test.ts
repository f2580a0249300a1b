import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "./api";
import { type Asked, fakeDesk } from "./fakes";
import type { Shelf, Shelved } from "./shelf";
import { Uploads } from "./uploads";

const SIZE = 1_200_000;
const PIECE = 512 * 1024;
let shelved: Map<string, Shelved>;
let owner: string | undefined;
let failed: string[];
let received: number;
let isAway: boolean;
let asked: Asked[];

const shelf: Shelf = {
  put: async (one) => (shelved.set(one.id, { ...one }), one.id),
  drop: async (id) => void shelved.delete(id),
  list: async (account) => [...shelved.values()].filter((one) => one.account === account),
};

function uploads(account = "shop"): Uploads {
  const hands = { token: async () => "token", owner: () => owner, failed: (name: string) => failed.push(name) };
  return new Uploads(new Api("https://desk.example/hooks/h1"), account, shelf, hands);
}

const file = (name = "a.bin", size = SIZE) => new File([new Uint8Array(size)], name);
const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const offsets = () => asked.filter((one) => one.method === "PATCH").map((one) => Number(one.path.split("=")[1]));

function desk({ method, path }: Asked) {
  if (isAway) return "unreachable" as const;
  if (method === "POST") return { status: 201, body: { key: "k1" } };
  if (method === "PATCH") received = Math.min(SIZE, Number(path.split("=")[1]) + PIECE);
  const whole = { id: 7, name: "a.bin", media_type: "application/zip", size: SIZE };
  return { body: { received, size: SIZE, file: received === SIZE ? whole : null } };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  [shelved, failed, received, isAway, owner] = [new Map(), [], 0, false, undefined];
  asked = fakeDesk(desk);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a file goes piece by piece and is there once it is whole", async () => {
  const some = uploads();
  some.add(file());
  await settle();

  expect(offsets()).toEqual([0, PIECE, 2 * PIECE]);
  expect(some.list.value).toMatchObject([{ name: "a.bin", done: 1, stored: { id: 7 } }]);
  expect(some.take()).toMatchObject([{ id: 7 }]);
  expect(some.list.value).toEqual([]);
  expect(shelved.size).toBe(0);
});

test("after a lost network it asks how far it came, and goes on there", async () => {
  let lost = true;
  asked = fakeDesk((one) => {
    if (lost && one.method === "PATCH" && !one.path.endsWith("offset=0")) return "unreachable";
    return desk(one);
  });
  const some = uploads();
  some.add(file());
  await settle();
  expect(some.list.value[0]!.done).toBeCloseTo(PIECE / SIZE);

  lost = false;
  asked.length = 0;
  some.hurry();
  await settle();

  expect(asked[0]).toMatchObject({ method: "GET", path: "uploads/pieces/k1" });
  expect(offsets()).toEqual([PIECE, 2 * PIECE]);
  expect(some.list.value[0]!.stored).toMatchObject({ id: 7 });
});

test("after a reload it goes on without being chosen again", async () => {
  const before = uploads();
  isAway = true;
  before.add(file());
  await settle();
  isAway = false;

  const after = uploads();
  await after.restore();
  await settle();

  expect(after.list.value).toMatchObject([{ name: "a.bin", stored: { id: 7 } }]);
});

test("nobody finds the files of who was signed in before, nor of another account", async () => {
  owner = "session-7";
  uploads().add(file("mine"));
  owner = undefined;
  uploads("bank").add(file("bank's"));
  await settle();

  owner = "session-8";
  const next = uploads();
  await next.restore();

  expect(next.list.value).toEqual([]);
  expect([...shelved.values()].map((one) => one.account)).toEqual(["bank"]);
});

test("what the desk refuses is named and forgotten", async () => {
  asked = fakeDesk(() => ({ status: 400, body: { code: "too_large", detail: "At most 20 MB." } }));
  const some = uploads();
  some.add(file());
  await settle();

  expect(failed).toEqual(["a.bin"]);
  expect(some.list.value).toEqual([]);
  expect(shelved.size).toBe(0);
});

test("an upload that is over is begun again with the same bytes", async () => {
  let isOver = true;
  asked = fakeDesk((one) => {
    if (isOver && one.method === "PATCH") {
      isOver = false;
      return { status: 404, body: { code: "not_found" } };
    }
    return desk(one);
  });
  const some = uploads();
  some.add(file());
  await settle(2_000);

  expect(asked.filter((one) => one.method === "POST").length).toBe(2);
  expect(some.list.value[0]!.stored).toMatchObject({ id: 7 });
});

test("a file that was taken out is not sent on", async () => {
  isAway = true;
  const some = uploads();
  some.add(file());
  await settle();
  some.remove(some.list.value[0]!.id);
  isAway = false;
  asked.length = 0;
  await settle(60_000);

  expect(asked).toEqual([]);
});
