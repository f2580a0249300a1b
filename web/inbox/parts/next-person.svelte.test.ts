// @vitest-environment happy-dom
// Another person comes into a panel that stays: what was begun for the first is neither shown for the second nor done to them.
import { flushSync, mount, tick, unmount, type Component } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Me } from "../../shared/api-types";
import { conversation, identity, oneCase, person } from "../store/samples";

const asked: string[] = [];
/** What has no answer yet, until the test lets it go. */
let waits: ((answer: Response) => void)[] = [];
let isSlow = false;
vi.stubGlobal("fetch", async (request: Request) => {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  asked.push(`${request.method} ${path}`);
  if (path === "/persons/2/pages") return new Promise(() => undefined);
  if (isSlow) return new Promise((resolve) => waits.push(resolve));
  const pages = [{ address: "https://shop.example/refunds", at: "2026-05-20T10:00:00Z", account_id: 1 }];
  const said = path.endsWith("/pages") ? { pages } : path.endsWith("/suggestions") ? { suggestions: [] } : { fields: [], deadlines: [], changes: [], ...person() };
  return new Response(JSON.stringify(said), { headers: { "Content-Type": "application/json" } });
});
const { loadPersonWords } = await import("../store/person-words.svelte");
const { dues } = await import("../store/dues.svelte");
const { session } = await import("../store/session.svelte");
const { toasts } = await import("../store/toasts.svelte");
const { default: Attributes } = await import("./Attributes.svelte");
const { default: Consents } = await import("./Consents.svelte");
const { default: Notes } = await import("./Notes.svelte");
const { default: PersonMenu } = await import("./PersonMenu.svelte");
const { default: PersonPanel } = await import("./PersonPanel.svelte");
const { toThread } = await import("../store/thread");
const { default: VisitedPages } = await import("./VisitedPages.svelte");

const NOTHING = { messages: [], has_before: false, has_after: false, chapters: [] } as unknown as Parameters<typeof toThread>[1];
const somebody = (id: number, name: string) => person({ id, display_name: name, identities: [identity(id, { realm_name: "Shop" })] });

let panel: Record<string, unknown> | undefined;
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await tick();
  flushSync();
}
/** The part shows Ana; the returned function shows somebody else, or her as she is now. */
function show(part: unknown): (now: ReturnType<typeof somebody>) => Promise<void> {
  const props = $state({ person: somebody(1, "Ana") });
  panel = mount(part as Component<typeof props>, { target: document.body, props });
  return (now) => {
    props.person = now;
    return settle();
  };
}
const button = (words: string): HTMLElement | undefined =>
  [...document.querySelectorAll<HTMLElement>("button, [role=menuitem]")].find((one) => (one.getAttribute("aria-label") ?? one.textContent.trim()).includes(words));

const form = (): HTMLFormElement | null => document.querySelector("[role=dialog] form");
/** The form behind a button, or behind a line of the menu that it opens. */
async function dialog(...ways: string[]): Promise<HTMLFormElement> {
  for (const words of ways) {
    await vi.waitFor(() => expect(button(words)).toBeDefined());
    button(words)!.click();
  }
  await vi.waitFor(() => expect(form()?.isConnected).toBe(true));
  return form()!;
}
function type(into: HTMLFormElement, words: string): void {
  const field = into.querySelector<HTMLInputElement>("textarea, input")!;
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
}

beforeEach(async () => {
  await loadPersonWords("en");
  session.me = { agent: { id: 1, name: "Cy", settings: {} }, permissions: ["conversations.write", "identities.change", "persons.erase"] } as unknown as Me;
});
afterEach(async () => {
  if (panel) await unmount(panel);
  panel = undefined;
  toasts.all = [];
  asked.length = 0;
  [waits, isSlow] = [[], false];
  document.body.replaceChildren();
});

test("the next key after another came acts on no button of the panel", async () => {
  const log = Object.assign(document.createElement("div"), { role: "log", tabIndex: -1 });
  document.body.append(log);
  const thread = (id: number, name: string) => toThread(conversation({ person: somebody(id, name), cases: [] }), NOTHING);
  const props = $state({ thread: thread(1, "Ana") });
  panel = mount(PersonPanel as Component<typeof props>, { target: document.body, props });
  await settle();
  button("New case")!.focus();
  props.thread = thread(1, "Ana Lopez");
  await settle();
  expect(document.activeElement).toBe(button("New case"));
  props.thread = thread(2, "Bo");
  await settle();
  expect(document.activeElement).toBe(log);
});

test("what is due first is among what is owed, however many newer cases there are; and all are, once asked for", async () => {
  const cases = [1, 2, 3, 4, 5, 6, 7].map((id) => oneCase(id));
  const read = (few: number) => toThread(conversation({ person: somebody(1, "Ana"), cases: cases.slice(0, few) }), NOTHING);
  const props = $state({ thread: read(7) });
  const owing = (): string[] => [...document.querySelectorAll("details summary")].map((one) => /\d+/.exec(one.textContent)?.[0] ?? "");
  panel = mount(PersonPanel as Component<typeof props>, { target: document.body, props });
  await vi.waitFor(() => expect(owing()).toEqual(["7", "6", "5", "4"]));
  flushSync(() => void dues.known.set(1, { conversation_id: 1, case_id: 2, target: "promise", due_at: "2026-05-20T10:00:00Z", warn_at: null }));
  expect(owing()).toEqual(["7", "6", "5", "4", "2"]);
  dues.forget();
  button("all 7")?.click();
  await settle();
  expect(owing()).toEqual(["7", "6", "5", "4", "3", "2", "1"]);
  props.thread = read(5);
  await settle();
  expect(owing()).toEqual(["5", "4", "3", "2", "1"]);
});

test("what was begun to be noted of one person is no form for another", async () => {
  const go = show(Attributes);
  button("Add an attribute")!.click();
  await settle();
  expect(document.querySelector("form")).not.toBeNull();
  await go(somebody(1, "Ana Lopez"));
  expect(document.querySelector("form")).not.toBeNull();
  await go(somebody(2, "Bo"));
  expect(document.querySelector("form")).toBeNull();
});

test("an answer that comes late shuts no form that was begun since, and frees none that is being saved", async () => {
  show(Attributes);
  const begins = async (words: string, name: string): Promise<HTMLFormElement> => {
    button(words)!.click();
    await settle();
    const begun = document.querySelector("form")!;
    for (const [at, input] of [...begun.querySelectorAll("input")].entries()) {
      input.value = at === 0 ? name : "x";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    await settle();
    return begun;
  };
  isSlow = true;
  (await begins("Add an attribute", "desk")).requestSubmit();
  await settle();
  button("Cancel")!.click();
  await settle();
  const next = await begins("Add an attribute", "city");
  expect(button("Save")!.getAttribute("aria-busy")).toBeNull();
  next.requestSubmit();
  await settle();
  expect(waits).toHaveLength(2);
  waits[0]!(new Response(JSON.stringify(person()), { headers: { "Content-Type": "application/json" } }));
  await settle();
  expect([document.querySelector("form") === next, button("Save")!.getAttribute("aria-busy")]).toEqual([true, "true"]);
});

test("Escape that calls off a candidate of an input method leaves the form as it is", async () => {
  show(Attributes);
  button("Add an attribute")!.click();
  await settle();
  const input = document.querySelector("form input")!;
  for (const changes of [{ isComposing: true }, { keyCode: 229 }]) {
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, ...changes }));
    await settle();
    expect(document.querySelector("form")).not.toBeNull();
  }
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await settle();
  expect(document.querySelector("form")).toBeNull();
});

test("a block is taken back of whom it was put on", async () => {
  const go = show(PersonMenu);
  (await dialog("What to do with this person", "Block")).requestSubmit();
  await vi.waitFor(() => expect(toasts.all).toHaveLength(1));
  await go(somebody(2, "Bo"));
  asked.length = 0;
  toasts.all[0]!.action!.run();
  await settle();
  expect(asked).toEqual(["PUT /persons/1/block"]);
});

test("the pages that one person visited are not shown as another's", async () => {
  const go = show(VisitedPages);
  await vi.waitFor(() => expect(document.body.textContent).toContain("refunds"));
  await go(somebody(2, "Bo"));
  expect(document.body.textContent).not.toContain("refunds");
});

describe.each([
  { what: "a note", part: Notes, ways: ["Add a note"], words: "withdrew twice", path: "/persons/1/notes" },
  { what: "a consent", part: Consents, ways: ["Note a consent"], words: "newsletter", path: "/persons/1/consents" },
  { what: "another name", part: PersonMenu, ways: ["What to do with this person", "Rename"], words: "Anna", path: "/persons/1" },
  { what: "forgetting them", part: PersonMenu, ways: ["What to do with this person", "Erase for good"], words: "Ana", path: "/persons/1/erasure" },
])("$what that was begun for one person", ({ part, ways, words, path }) => {
  test("is not there for another, nor done to them by the key that was on its way", async () => {
    const go = show(part);
    const begun = await dialog(...ways);
    await vi.waitFor(() => expect(begun.querySelector("textarea, input")).not.toBeNull());
    type(begun, words);
    asked.length = 0;
    const gone = go(somebody(2, "Bo"));
    begun.requestSubmit();
    await gone;
    expect([form(), asked]).toEqual([null, []]);
  });

  test("is done to them, and said if it failed, whoever stands there when the answer comes", async () => {
    const go = show(part);
    const begun = await dialog(...ways);
    await vi.waitFor(() => expect(begun.querySelector("textarea, input")).not.toBeNull());
    type(begun, words);
    [asked.length, isSlow] = [0, true];
    begun.requestSubmit();
    await settle();
    expect(asked.map((one) => one.split(" ")[1])).toEqual([path]);
    await go(somebody(2, "Bo"));
    const next = await dialog(...ways);
    waits[0]!(new Response(JSON.stringify({ code: "refused", detail: "Not this." }), { status: 409, headers: { "Content-Type": "application/problem+json" } }));
    await settle();
    expect([form(), next.textContent.includes("Not this."), toasts.all.map((one) => one.text)]).toEqual([next, false, ["Not this."]]);
  });
});
