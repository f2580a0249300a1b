import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "./api";
import { type Asked, fakeDesk, FakeSocket } from "./fakes";
import type { CatchUp, Frame } from "./frames";
import { Shared } from "./shared";
import type { Link } from "./stream";

/** Channels of one browser: whoever has the name hears what the others say. */
class FakeChannel {
  static all: FakeChannel[] = [];
  onmessage?: (event: { data: unknown }) => void;
  constructor(readonly name: string) {
    FakeChannel.all.push(this);
  }
  postMessage(data: unknown): void {
    for (const one of FakeChannel.all) if (one !== this && one.name === this.name) one.onmessage?.({ data });
  }
  close(): void {
    FakeChannel.all = FakeChannel.all.filter((one) => one !== this);
  }
}

/** Web Locks: one holder of a name, the others wait in line. */
function fakeLocks() {
  const lines = new Map<string, (() => Promise<void>)[]>();
  const advance = (name: string) => {
    const line = lines.get(name)!;
    void line[0]?.().then(() => {
      line.shift();
      advance(name);
    });
  };
  return {
    request(name: string, options: { ifAvailable?: boolean; signal?: AbortSignal }, work: (lock: object | null) => Promise<void>) {
      const line = lines.get(name) ?? [];
      lines.set(name, line);
      if (options.ifAvailable && line.length) return work(null);
      return new Promise<void>((resolve) => {
        line.push(async () => {
          if (!options.signal?.aborted) await work({});
          resolve();
        });
        if (line.length === 1) advance(name);
      });
    },
  };
}

interface Tab {
  shared: Shared;
  heard: (CatchUp | Frame | Link | "over")[];
}

let asked: Asked[];
const page = (position: number, messages: object[] = []) => ({ position, is_reset: true, has_earlier: false, messages });

function tab(name = "key:session"): Tab {
  const heard: Tab["heard"] = [];
  const shared = new Shared(new Api("https://desk.example/hooks/h1"), "token", name, {
    replay: (stream) => heard.push(stream),
    frame: (frame) => heard.push(frame),
    link: (link) => heard.push(link),
    over: () => heard.push("over"),
  });
  shared.start();
  return { shared, heard };
}

const settle = () => vi.advanceTimersByTimeAsync(1);

async function leading(): Promise<Tab> {
  const leader = tab();
  await settle();
  FakeSocket.last.accept().say({ type: "replay", stream: page(5) });
  return leader;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  FakeChannel.all = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  vi.stubGlobal("navigator", { locks: fakeLocks() });
  asked = fakeDesk(() => ({ body: page(5) }));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the second tab opens no socket, catches up by itself and hears what the first hears", async () => {
  const leader = await leading();
  const follower = tab();
  await settle();
  const frame: Frame = { type: "messages", position: 6, messages: [] };
  FakeSocket.last.say(frame);

  expect(FakeSocket.opened.length).toBe(1);
  expect([leader.shared.isLeader, follower.shared.isLeader]).toEqual([true, false]);
  expect(asked.map((one) => one.path)).toEqual(["messages"]);
  expect(follower.heard).toContainEqual(page(5));
  expect(follower.heard.at(-1)).toEqual(frame);
});

test("what comes while a tab catches up is not lost", async () => {
  await leading();
  const follower = tab();
  await Promise.resolve();
  const frame: Frame = { type: "messages", position: 6, messages: [] };
  FakeSocket.last.say(frame);
  await settle();

  const order = follower.heard.filter((one) => typeof one === "object");
  expect(order).toEqual([page(5), frame]);
});

test("when the first tab goes, another goes on from the position that it has", async () => {
  const leader = await leading();
  const follower = tab();
  await settle();
  FakeSocket.last.say({ type: "messages", position: 9, messages: [] });

  leader.shared.stop();
  await settle();
  FakeSocket.last.accept();

  expect(FakeSocket.opened.length).toBe(2);
  expect(FakeSocket.last.sent).toEqual([{ type: "hello", after: 9 }]);
  expect(follower.shared.isLeader).toBe(true);
});

test("a tab says by the other's socket what it has to say, and by itself while there is none", async () => {
  await leading();
  const follower = tab();
  await settle();

  expect(follower.shared.send({ type: "read", until: 4 })).toBe(true);
  expect(FakeSocket.last.sent.at(-1)).toEqual({ type: "read", until: 4 });
  FakeSocket.last.break();
  expect(follower.shared.send({ type: "read", until: 5 })).toBe(false);
});

test("a session that is over is over for all tabs", async () => {
  const leader = await leading();
  const follower = tab();
  await settle();

  FakeSocket.last.break(4401);

  expect([leader.heard.at(-1), follower.heard.at(-1)]).toEqual(["over", "over"]);
});

test("tabs of another session stand apart", async () => {
  await leading();
  const other = tab("key:another");
  await settle();

  expect(FakeSocket.opened.length).toBe(2);
  expect(other.shared.isLeader).toBe(true);
});

test("a tab that slept asks what it missed", async () => {
  await leading();
  const follower = tab();
  await settle();
  asked.length = 0;

  follower.shared.hurry();
  await settle();

  expect(asked.map((one) => one.path)).toEqual(["messages?after=5"]);
});

test("without locks every tab has its own stream", async () => {
  vi.stubGlobal("navigator", {});
  tab();
  tab();
  await settle();

  expect(FakeSocket.opened.length).toBe(2);
});
