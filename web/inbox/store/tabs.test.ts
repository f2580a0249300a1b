// Two tabs, two devices, two agents of one browser: what is written in one place is never sent or lost in another.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConversationRow, KeptDraft, Me } from "../../shared/api-types";

const kept = new Map<string, string>();
vi.stubGlobal(
  "localStorage",
  new Proxy(
    {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    },
    { ownKeys: () => [...kept.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) },
  ),
);
vi.stubGlobal("location", { origin: "https://desk.example", pathname: "/inbox/open/7", search: "" });
const asked: string[] = [];
let answer: (request: Request) => Promise<Response> | Response;
vi.stubGlobal("fetch", (request: Request) => {
  asked.push(`${request.method} ${new URL(request.url).pathname.replace("/api/v1/conversations/7/", "")}`);
  return Promise.resolve(answer(request));
});
const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const draft = (text: string, revision = text ? 1 : 0): KeptDraft => ({ text, options: {}, files: [], revision });

const { drafts } = await import("./drafts.svelte");
const { outbox } = await import("./outbox.svelte");
const { session } = await import("./session.svelte");
const { uploadsOf, forgetUploads } = await import("./files.svelte");
const { search } = await import("./search.svelte");
const { bulk } = await import("./bulk.svelte");
const { desk } = await import("./desk.svelte");
const signIn = (id: number): void => void (session.me = { agent: { id } } as Me);
const row = (has_draft: boolean): ConversationRow => ({ person_id: 7, has_draft }) as ConversationRow;
const shown = (): string => drafts.of(7, "reply").text;
const DRAFT = "onethread.draft.1.7/reply";
const SENT = "onethread.outbox.1.k1";

/** The page has read what the server keeps. */
async function begin(text: string): Promise<void> {
  answer = ({ url }) => json(draft(url.endsWith("reply") ? text : ""));
  await drafts.open(7, true);
  asked.length = 0;
}

function write(): void {
  outbox.send({ key: "k1", personId: 7, body: { client_key: "", kind: "reply", text: "sent" }, attachments: [], accountId: 1, channel: "telegram", shownAs: "" });
}

beforeEach(() => {
  vi.useFakeTimers();
  signIn(1);
});
afterEach(() => {
  drafts.forget();
  outbox.forget();
  kept.clear();
  asked.length = 0;
  vi.useRealTimers();
});

test("what was sent on another device leaves the page", async () => {
  await begin("Good day");
  answer = () => json(draft(""));
  drafts.follow(row(false));
  await vi.waitFor(() => expect(shown()).toBe(""));
  expect(kept.has(DRAFT)).toBe(false);
});

test("a late event takes nothing away that is being written", async () => {
  await begin("Good day");
  drafts.write(7, "reply", { text: "Good day to you" });
  answer = () => json(draft(""));
  drafts.follow(row(false));
  await vi.advanceTimersByTimeAsync(100);
  expect(shown()).toBe("Good day to you");
});

test("what another tab sent is not shown any more, and never saved again", async () => {
  await begin("Good day");
  drafts.hear({ key: DRAFT, newValue: null });
  expect(shown()).toBe("");
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([]);
});

test("the first words after another tab sent the draft are kept whole, though they begin as it did", async () => {
  await begin("Hi Ana, ");
  drafts.hear({ key: DRAFT, newValue: null });
  drafts.write(7, "reply", { text: "Hi Ana, one more thing" });
  let standing = draft("");
  answer = async (request) => {
    if (request.method !== "PUT") return json(standing);
    const body = (await request.json()) as KeptDraft;
    if (body.revision !== standing.revision) return json({ code: "draft_changed", detail: "", revision: standing.revision }, 409);
    standing = { ...body, files: [], revision: standing.revision + 1 };
    return json({ revision: standing.revision });
  };
  await vi.advanceTimersByTimeAsync(1000);
  await vi.waitFor(() => expect(standing.text).toBe("Hi Ana, one more thing"));
  expect(shown()).toBe("Hi Ana, one more thing");
});

test("what another tab writes is shown, and left to that tab to save", async () => {
  await begin("Good day");
  drafts.hear({ key: DRAFT, newValue: JSON.stringify({ text: "Good day to you", isSaved: false }) });
  expect(shown()).toBe("Good day to you");
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([]);
});

test("who comes back to the window sees what the server has by now", async () => {
  await begin("Good day");
  answer = () => json(draft("Good day, from the train"));
  drafts.renew(7);
  await vi.waitFor(() => expect(shown()).toBe("Good day, from the train"));
});

test("words recalled on another device are kept by what is saved here", async () => {
  await begin("Newer");
  let standing = draft("Recalled.\n\nNewer", 2);
  const told: unknown[] = [];
  answer = async (request) => {
    if (request.method !== "PUT") return json(standing);
    const body = (await request.json()) as KeptDraft;
    told.push(body.revision);
    if (body.revision !== standing.revision) return json({ code: "draft_changed", detail: "", revision: standing.revision }, 409);
    standing = { ...body, files: [], revision: standing.revision + 1 };
    return json({ revision: standing.revision });
  };
  drafts.write(7, "reply", { text: "Newer words" });
  await vi.advanceTimersByTimeAsync(600);
  await vi.waitFor(() => expect(told).toEqual([1, 2]));
  expect(standing.text).toBe("Recalled.\n\nNewer words");
  expect(shown()).toBe("Recalled.\n\nNewer words");
});

test("what is typed while an answer is taken back stays behind it", async () => {
  await begin("And");
  let tell: (text: string) => void = () => undefined;
  answer = ({ method }) => (method === "PUT" ? json({ revision: 1 }) : json({}));
  const change = drafts.change(7, "reply", () => new Promise((resolve) => (tell = (text) => resolve({ person_id: 7, draft: draft(text) }))));
  await vi.advanceTimersByTimeAsync(1);
  drafts.write(7, "reply", { text: "And one more" });
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([]);
  tell("Hello\n\nAnd");
  await change;
  expect(shown()).toBe("Hello\nAnd one more");
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked.at(-1)).toBe("PUT drafts/reply");
});

test("nothing is taken back over a text that cannot be saved", async () => {
  await begin("");
  drafts.write(7, "reply", { text: "Typed since" });
  answer = () => Promise.reject(new TypeError("Failed to fetch"));
  const ask = vi.fn();
  await expect(drafts.change(7, "reply", ask)).rejects.toMatchObject({ code: "unreachable" });
  expect(ask).not.toHaveBeenCalled();
  expect(shown()).toBe("Typed since");
});

test("what one tab took back another neither sends nor writes down again", async () => {
  answer = () => json({ code: "moved_on", detail: "", last_message_id: 3 }, 409);
  write();
  await vi.waitFor(() => expect(outbox.all[0]?.state).toBe("moved_on"));
  kept.delete(SENT);
  asked.length = 0;
  outbox.sendAnyway("k1");
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toEqual([]);
  expect(kept.has(SENT)).toBe(false);
  expect(outbox.all).toEqual([]);
});

test("a bubble goes, or changes, with what another tab does to it", async () => {
  answer = () => json({ code: "moved_on", detail: "", last_message_id: 3 }, 409);
  write();
  await vi.waitFor(() => expect(outbox.all[0]?.state).toBe("moved_on"));
  outbox.hear({ key: SENT, newValue: JSON.stringify({ ...outbox.all[0], state: "sending" }) });
  expect(outbox.all[0]?.state).toBe("sending");
  outbox.hear({ key: SENT, newValue: null });
  expect(outbox.all).toEqual([]);
});

test("what a session's end cut off waits for its own agent", async () => {
  answer = () => {
    session.me = null;
    return json({ code: "unauthenticated", detail: "" }, 401);
  };
  write();
  await vi.waitFor(() => expect(outbox.all).toEqual([]));
  expect([...kept.keys()]).toEqual([SENT]);
  answer = () => new Promise(() => undefined);
  signIn(2);
  outbox.resume();
  expect(outbox.all).toEqual([]);
  signIn(1);
  outbox.resume();
  expect(outbox.all).toMatchObject([{ key: "k1", state: "sending" }]);
});

test("uploads end with their agent, and are not kept once they are through", () => {
  let aborted = 0;
  vi.stubGlobal(
    "XMLHttpRequest",
    class {
      upload = {};
      open(): void {}
      setRequestHeader(): void {}
      send(): void {}
      abort(): void {
        aborted += 1;
      }
    },
  );
  const uploads = uploadsOf(7, "reply");
  uploads.add([new File(["x"], "plan.txt")]);
  expect(uploadsOf(7, "reply")).toBe(uploads);
  forgetUploads();
  expect(aborted).toBe(1);
  expect(uploads.all).toEqual([]);
  expect(uploadsOf(7, "reply")).not.toBe(uploads);
});

test("the next agent of a browser finds nothing that was searched for or picked", async () => {
  answer = () => json({ conversations: [{ person_id: 7, messages: [], more: 0 }], persons: [], next: 5 });
  await search.run("invoice");
  bulk.toggle(7);
  expect([search.found.length, bulk.count]).toEqual([1, 1]);
  desk.end();
  expect([search.query, search.found, search.next, bulk.count, bulk.job]).toEqual(["", [], null, 0, null]);
});
