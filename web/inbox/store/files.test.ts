// What one does with a picture before it goes out never loses it, nor the words on it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Attachment, Me } from "../../shared/api-types";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox/open/7", search: "" });
const asked: string[] = [];
let described: () => Promise<Response> = () => Promise.resolve(new Response(null, { status: 204 }));
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1/", "");
  asked.push(`${request.method} ${path}`);
  if (request.method === "PATCH") return described();
  if (path.startsWith("uploads")) return new Response(null, { status: 204 });
  return new Response(JSON.stringify({ revision: 1 }), { headers: { "Content-Type": "application/json" } });
});
/** What the server makes of a file's bytes; null: the line is cut. */
let arrives: Attachment | null;
vi.stubGlobal(
  "XMLHttpRequest",
  class {
    upload = {};
    status = 201;
    responseText = "";
    onload: () => void = () => undefined;
    onerror: () => void = () => undefined;
    open(): void {}
    setRequestHeader(): void {}
    abort(): void {}
    send(): void {
      this.responseText = JSON.stringify(arrives);
      queueMicrotask(() => (arrives ? this.onload() : this.onerror()));
    }
  },
);
const { drafts } = await import("./drafts.svelte");
const { session } = await import("./session.svelte");
const { uploadsOf } = await import("./files.svelte");

const file = (id: number, description = ""): Attachment => ({ id, name: `${id}.jpg`, description }) as Attachment;
const smaller = new File(["x"], "2.jpg", { type: "image/jpeg" });
const files = (): unknown[] => drafts.of(7, "reply").files.map(({ id, description }) => [id, description]);

beforeEach(() => {
  vi.useFakeTimers();
  session.me = { agent: { id: 1 } } as Me;
  drafts.write(7, "reply", { files: [file(1, "A broken seal"), file(9)] });
  described = () => Promise.resolve(new Response(null, { status: 204 }));
  asked.length = 0;
});
afterEach(() => {
  const uploads = uploadsOf(7, "reply");
  for (const one of uploads.all) uploads.cancel(one.key);
  drafts.forget();
  vi.useRealTimers();
});

test("a smaller picture takes the place of the first, with its words, and then the first is dropped", async () => {
  arrives = file(2);
  uploadsOf(7, "reply").replace(1, smaller);
  await vi.waitFor(() => expect(asked).toEqual(["PATCH uploads/2", "DELETE uploads/1"]));
  expect(files()).toEqual([[2, "A broken seal"], [9, ""]]);
});

test.each([
  ["does not arrive", null, ""],
  ["cannot be given its words", file(2), "refused"],
])("a smaller picture that %s leaves the first where it is", async (_name, made, refused) => {
  arrives = made;
  if (refused) described = () => Promise.resolve(new Response("{}", { status: 500 }));
  const uploads = uploadsOf(7, "reply");
  uploads.replace(1, smaller);
  await vi.waitFor(() => expect(uploads.all[0]?.problem).not.toBe(""));
  expect(uploads.all).toHaveLength(1);
  expect(files()).toEqual([[1, "A broken seal"], [9, ""]]);
  expect(asked).not.toContain("DELETE uploads/1");
  arrives = file(2);
  described = () => Promise.resolve(new Response(null, { status: 204 }));
  uploads.retry(uploads.all[0]!.key);
  await vi.waitFor(() => expect(files()).toEqual([[2, "A broken seal"], [9, ""]]));
});

test("what was dropped while a smaller one was made stays dropped", async () => {
  arrives = file(2);
  const uploads = uploadsOf(7, "reply");
  uploads.replace(1, smaller);
  uploads.drop(1);
  await vi.waitFor(() => expect(asked).toContain("DELETE uploads/2"));
  expect(files()).toEqual([[9, ""]]);
});

test("who sends while words are on their way sends once they are there", async () => {
  let answer: (response: Response) => void = () => undefined;
  described = () => new Promise((resolve) => (answer = resolve));
  const uploads = uploadsOf(7, "reply");
  const telling = uploads.describe(1, "An open seal");
  const send = vi.fn(() => expect(files()[0]).toEqual([1, "An open seal"]));
  const sending = uploadsOf(7, "reply").whenTold(send, () => undefined);
  await vi.advanceTimersByTimeAsync(10);
  expect([uploads.telling !== null, send.mock.calls.length]).toEqual([true, 0]);
  answer(new Response(null, { status: 204 }));
  await Promise.all([telling, sending]);
  expect(send).toHaveBeenCalledOnce();
  expect(uploads.telling).toBeNull();
});

test("nothing goes out without words that did not arrive", async () => {
  described = () => Promise.resolve(new Response("{}", { status: 500 }));
  const uploads = uploadsOf(7, "reply");
  const telling = uploads.describe(1, "An open seal");
  const [send, stay] = [vi.fn(), vi.fn()];
  const sending = uploads.whenTold(send, stay);
  await expect(telling).rejects.toMatchObject({ status: 500 });
  await sending;
  expect([send.mock.calls.length, stay.mock.calls.length]).toEqual([0, 1]);
});
