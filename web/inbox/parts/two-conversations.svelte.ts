// Ana's and Bo's conversations in a page, for tests: what is asked of the server, and answers when the test wants them.
import { flushSync, mount, tick, unmount } from "svelte";
import { expect, vi } from "vitest";
import type { Attachment, KeptDraft, Me } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { conversation, identity, message, oneCase, person, reach } from "../store/samples";

export const asked: { method: string; path: string; body: unknown }[] = [];
/** Of paths that begin with `path`, the answers wait in `waits` until the test lets them go. */
export const slow: { path: string; waits: (() => void)[] } = { path: "-", waits: [] };
/** What the server says instead to a GET of a path; the state of its refusal, to another method and path. */
export const told = new Map<string, unknown>();
const kept = new Map<string, KeptDraft>();
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  const body = (await request.json().catch(() => null)) as { text: string; options: KeptDraft["options"]; attachment_ids: number[] } | null;
  asked.push({ method: request.method, path, body });
  if (path.includes("/drafts/") && body) kept.set(path, { revision: 1, text: body.text, options: body.options, files: body.attachment_ids.map(attachment) });
  if (path.startsWith(slow.path)) await new Promise<void>((resolve) => slow.waits.push(resolve));
  const id = Number(/\d+/.exec(path)?.[0]);
  const answer = request.method === "GET" && told.has(path) ? told.get(path) : path.endsWith("/messages") ? message(900 + id, { person_id: id, case_id: id, direction: "out" })
    : path.endsWith("/preview") ? { previews: [] }
    : path.includes("/drafts/") ? (kept.get(path) ?? { revision: 0, text: "", files: [], options: {} }) : { drafters: [] };
  const refusal = told.get(`${request.method} ${path}`) as number | undefined;
  return new Response(JSON.stringify(answer), { status: refusal ?? 200, headers: { "Content-Type": "application/json" } });
});

export const attachment = (id: number): Attachment => ({ id, name: `file ${id}.png`, media_type: "image/png", size: 10, description: "" }) as Attachment;
/** Files under way, in the order in which they were given. */
export const uploading: FakeUpload[] = [];
class FakeUpload {
  upload = {};
  status = 0;
  responseText = "";
  onload: () => void = () => undefined;
  open = (): void => undefined;
  setRequestHeader = (): void => undefined;
  abort = (): void => undefined;
  send = (): void => void uploading.push(this);
  arrive(id: number): Promise<void> {
    [this.status, this.responseText] = [200, JSON.stringify(attachment(id))];
    this.onload();
    return settle();
  }
}
vi.stubGlobal("XMLHttpRequest", FakeUpload);
Element.prototype.scrollIntoView = () => undefined;

const { desk } = await import("../store/desk.svelte");
const { drafts } = await import("../store/drafts.svelte");
const { forgetUploads } = await import("../store/files.svelte");
const { session } = await import("../store/session.svelte");
const { toThread } = await import("../store/thread");
const { threads } = await import("../store/threads.svelte");
const { toasts } = await import("../store/toasts.svelte");
const { default: Conversation } = await import("./Conversation.svelte");

/** The third has no case. */
const NAMES = ["", "Ana", "Bo", "Cleo"];
function comesIn(id: number): void {
  const named = { display_name: NAMES[id], identities: [identity(id, { shown_as: `${NAMES[id]}@x.example`, home_person_id: id })] };
  const mail = reach(10 * id, { identity_id: id, is_default: true });
  const places = [
    { ...mail, capabilities: { ...mail.capabilities, copies: true, descriptions: true } },
    reach(10 * id + 1, { identity_id: id, account_label: "Second" }),
  ];
  const said = conversation({ person: person({ id, member_ids: [id], ...named }), cases: id === 3 ? [] : [oneCase(id, { person_id: id })], reach: places });
  const messages = [message(100 * id, { person_id: id, case_id: id, place_id: 10 * id, text: `${NAMES[id]} says this` })];
  threads.open.set(id, toThread(said, { messages, has_before: false, has_after: false, chapters: [] } as unknown as Parameters<typeof toThread>[1]));
}

/** Ana, who is read, is joined to Bo, as the server tells it from then on. */
export function join(): void {
  desk.openPerson = 1;
  const { person: bo, cases, reach: places } = threads.find(2)!;
  for (const path of ["/conversations/1", "/conversations/2"]) {
    told.set(path, conversation({ person: { ...bo, member_ids: [1, 2] }, cases, reach: places, position: 9 }));
    told.set(`${path}/messages`, { messages: [], has_before: false, has_after: false, chapters: [] });
  }
  const merge = { id: 1, winner_id: 2, loser_id: 1 };
  desk.take({ type: "event", position: 9, person_id: 2, kind: "person.merged", merge, rows: [], gone: [1] } as unknown as FeedEvent);
}

let page: Record<string, unknown> | undefined;
export function begin(): void {
  window.localStorage.clear();
  session.me = { agent: { id: 1, name: "Cy", settings: {} }, permissions: ["conversations.write", "cases.change", "identities.change"] } as unknown as Me;
  for (const id of [1, 2, 3]) comesIn(id);
  drafts.write(1, "reply", { text: "for Ana" });
  drafts.write(2, "reply", { text: "for Bo" });
}
export async function end(): Promise<void> {
  if (page) await unmount(page);
  page = undefined;
  drafts.forget();
  forgetUploads();
  threads.clear();
  desk.openPerson = null;
  told.clear();
  toasts.all = [];
  kept.clear();
  asked.length = uploading.length = 0;
  Object.assign(slow, { path: "-", waits: [] });
  document.body.replaceChildren();
}

/** Whatever is under way and needs nobody is done. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await tick();
  flushSync();
}
export const soon = (look: () => void): Promise<void> => vi.waitFor(look, 5000);
export const find = <Kind extends HTMLElement>(selector: string): Kind | null => document.querySelector<Kind>(selector);
export const button = (words: string): HTMLButtonElement =>
  [...document.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent.trim()) === words)!;
export const field = (): HTMLElement => find("[role=textbox]")!;

/** Ana's conversation is open; the returned function opens another, which is drawn when its promise is kept. */
export async function open(): Promise<(id: number) => Promise<void>> {
  const props = $state({ personId: 1, view: "open" as const, panelIsOpen: true, onpanel: () => undefined });
  page = mount(Conversation, { target: document.body, props });
  await soon(() => expect(field()?.textContent).toBe("for Ana"));
  return (id) => {
    props.personId = id;
    return settle();
  };
}
