import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "./api";
import { FakeSocket, fakeDesk } from "./fakes";
import { LONGEST_SILENCE, Stream } from "./stream";

const heard: string[] = [];
const page = (position: number) => ({ position, is_reset: false, has_earlier: false, messages: [] });

function begin(): Stream {
  const stream = new Stream(
    new Api("https://desk.example/hooks/h1"),
    "secret",
    {
      replay: (caught) => heard.push(`replay ${caught.position}`),
      frame: (frame) => heard.push(frame.type),
      link: (link) => heard.push(link),
      over: () => heard.push("over"),
    },
    () => 1,
  );
  stream.start();
  return stream;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.opened = [];
  heard.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the token travels in the subprotocol and never in the address", () => {
  begin();

  expect(FakeSocket.last.url).toBe("wss://desk.example/hooks/h1/socket");
  expect(FakeSocket.last.protocols).toEqual(["onethread", "onethread.secret"]);
});

test("after a loss it goes on from the position that was reached", async () => {
  const stream = begin();
  FakeSocket.last.accept().say({ type: "replay", stream: page(7) });
  FakeSocket.last.say({ type: "messages", position: 9, messages: [] });
  FakeSocket.last.break();
  await vi.advanceTimersByTimeAsync(500);

  FakeSocket.last.accept();

  expect(FakeSocket.opened.length).toBe(2);
  expect(FakeSocket.last.sent).toEqual([{ type: "hello", after: 9 }]);
  expect(heard).toContain("lost");
  stream.stop();
});

test("every further loss waits longer, up to half a minute", async () => {
  const stream = begin();
  stream.way = "asking";
  let asked = 0;
  fakeDesk(() => {
    asked += 1;
    return "unreachable";
  });
  const waits: number[] = [];
  FakeSocket.last.break();
  for (let count = 0; count < 8; count++) {
    const before = Date.now();
    const now = asked;
    while (asked === now) await vi.advanceTimersByTimeAsync(250);
    waits.push(Date.now() - before);
  }

  expect(waits[1]).toBeGreaterThan(waits[0]!);
  expect(Math.max(...waits)).toBe(30_000);
  stream.stop();
});

test("where sockets cannot pass, events are read, and after them it asks", async () => {
  const asked = fakeDesk(({ path }) =>
    path.startsWith("stream") ? { status: 502 } : { body: page(3) },
  );
  const stream = begin();
  for (let count = 0; count < 3; count++) {
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(4_000);
  }
  await vi.advanceTimersByTimeAsync(10_000);

  expect(stream.way).toBe("asking");
  expect(asked.map((one) => one.path)).toContain("stream");
  expect(heard).toContain("replay 3");
  expect(asked.every((one) => one.token === "secret")).toBe(true);
  stream.stop();
});

test("events carry the same frames, however the network cuts them", async () => {
  vi.useRealTimers();
  const pieces = [': hi\n\ndata: {"type":"replay","stream":', JSON.stringify(page(5)), '}\n\ndata: {"type":"typ', 'ing","is_typing":true,"author":"Bo"}\n\n'];
  vi.stubGlobal("fetch", async () => new Response(new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
    },
  })));
  const stream = begin();
  stream.way = "events";
  FakeSocket.last.break();

  await vi.waitFor(() => expect(heard).toContain("typing"), 3_000);

  expect(heard).toContain("replay 5");
  expect(stream.position).toBe(5);
  stream.stop();
});

test("a silent line is a dead line", async () => {
  const stream = begin();
  FakeSocket.last.accept().say({ type: "replay", stream: page(1) });

  await vi.advanceTimersByTimeAsync(LONGEST_SILENCE + 1_000);

  expect(FakeSocket.opened.length).toBe(2);
  stream.stop();
});

test("an ended session is not asked for again", async () => {
  begin();
  FakeSocket.last.accept().say({ type: "replay", stream: page(1) });
  FakeSocket.last.break(4401);
  await vi.advanceTimersByTimeAsync(60_000);

  expect(heard.at(-1)).toBe("over");
  expect(FakeSocket.opened.length).toBe(1);
});

test("when the network is back it does not wait", async () => {
  const stream = begin();
  FakeSocket.last.break();
  stream.hurry();

  expect(FakeSocket.opened.length).toBe(2);
  stream.stop();
});

test("a stopped stream stays stopped", async () => {
  const stream = begin();
  FakeSocket.last.accept().say({ type: "replay", stream: page(1) });
  stream.stop();
  stream.hurry();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(FakeSocket.opened.length).toBe(1);
  expect(stream.send({ type: "typing" })).toBe(false);
});
