// The conversations that were opened: the newest thirty stay, and the feed keeps them true.
import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import type { Case, CaseChange, Id, Message, MessagePage } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, ApiError, take } from "./client";
import { optimistic, takenBack } from "./optimistic";
import { rows } from "./rows.svelte";
import { folded, opened, openedOf, reopened } from "./chapters";
import { standsIn, touchedBy } from "./regrouping";
import { append, aside, bringsNewer, changesReach, concerns, heard, prepend, putAnswer, putCase, putMerge, toThread, type Thread } from "./thread";

const KEPT = 30;
const PAGE = 50;
/** How often an answer may be overtaken by the feed until the next event has to ask again. */
const TRIES = 5;
type Where = { before?: Id; after?: Id; around?: Id };
type Looking = { only?: "notes" | "files"; channel?: string; folds?: boolean; opened?: Id[]; folded?: Id[] };

export class Threads {
  readonly open = new SvelteMap<Id, Thread>();
  /** Whose is read: it stays whatever else is fetched, and until it has come anew. */
  shown: Id | null = $state(null);
  /** A merged person's id leads to the one who stands for them. */
  readonly #aliases = new SvelteMap<Id, Id>();
  readonly failed = new SvelteMap<Id, unknown>();
  #loading = new Map<Id, Promise<void>>();
  /** Asked for while a load was under way, which may be older than the wish, or go elsewhere. */
  #wishes = new Map<Id, { around: Id | undefined }>();
  #missed = new Map<Id, FeedEvent[]>();
  /** By person, cases that were unfolded by hand: a load under way, asked before that, does not fold them for good. */
  readonly #unfolded = new Map<Id, Set<Id>>();

  find(id: Id): Thread | undefined {
    return this.open.get(this.#aliases.get(id) ?? id);
  }

  /** Fetch unless it is here. Callers may call at every draw. */
  want(id: Id): void {
    if (!this.find(id) && !this.#loading.has(id) && !this.failed.has(id)) void this.reload(id);
  }

  reload(id: Id, around?: Id): Promise<void> {
    const running = this.#loading.get(id);
    if (running) {
      this.#wishes.set(id, { around });
      return running;
    }
    const loading = this.#follow(id, around).finally(() => this.#loading.delete(id));
    return (this.#loading.set(id, loading), loading);
  }

  async #follow(id: Id, around: Id | undefined): Promise<void> {
    for (let wish: { around: Id | undefined } | undefined = { around }; wish; ) {
      const isWhole = await this.#load(id, wish.around);
      wish = this.#wishes.get(id) ?? (isWhole ? undefined : wish);
      this.#wishes.delete(id);
    }
  }

  /** False: persons were joined or parted meanwhile, or cases shown or hidden, and what is in it must be asked again. */
  async #load(id: Id, around?: Id): Promise<boolean> {
    this.#missed.set(id, []);
    this.failed.delete(id);
    try {
      const [conversation, page] = await Promise.all([
        take(api.GET("/api/v1/conversations/{person_id}", { params: { path: { person_id: id } } })),
        this.readPage(id, { around }, { folds: true, opened: [...new Set([...openedOf(this.find(id)), ...this.#unfoldedOf(id)])].slice(-500) }),
      ]);
      // What the feed brought meanwhile may be newer than this answer, and is safe to apply again.
      let thread = toThread(conversation, page);
      const missed = this.#missed.get(id) ?? [];
      if (missed.some((event) => standsIn(thread, touchedBy(event), id))) return false;
      if (missed.some((event) => concerns(thread, event) && reopened(thread, event) !== null)) return false;
      for (const event of missed) if (concerns(thread, event)) thread = heard(thread, event);
      if (thread.person.id !== id) this.#aliases.set(id, thread.person.id);
      if (!missed.some((event) => bringsNewer(conversation, event))) rows.put(conversation.row);
      this.#keep(id, thread);
    } catch (error) {
      this.failed.set(id, error);
    } finally {
      this.#missed.delete(id);
    }
    return true;
  }

  async loadOlder(id: Id): Promise<void> {
    const first = this.find(id)?.messages[0];
    if (!first) return;
    const page = await this.#further(id, { before: first.id });
    this.change(id, (thread) => prepend(thread, page));
  }

  async loadNewer(id: Id): Promise<void> {
    const last = this.find(id)?.messages.at(-1);
    const page = last && (await this.#further(id, { after: last.id }));
    if (page) this.change(id, (thread) => append(thread, page));
  }

  /** A solved case's lines come back, and what was read stays where it was: at the case. */
  async unfold(id: Id, caseId: Id): Promise<void> {
    const first = this.find(id)?.chapters.find((one) => one.case_id === caseId)?.first_message_id;
    this.#unfoldedOf(id).add(caseId);
    this.change(id, (thread) => opened(thread, caseId));
    await this.reload(id, first);
    const failure = this.failed.get(id);
    if (!failure) return;
    this.failed.delete(id);
    this.#unfoldedOf(id).delete(caseId);
    this.change(id, (thread) => folded(thread, caseId));
    throw failure;
  }

  async fold(id: Id, caseId: Id): Promise<void> {
    this.#unfoldedOf(id).delete(caseId);
    this.change(id, (thread) => folded(thread, caseId));
    const thread = this.find(id);
    if (thread && thread.messages.length < PAGE && (thread.hasBefore || thread.hasAfter)) await this.reload(id, thread.messages[0]?.id);
  }

  /** Every event passes here; threads that it does not concern stay the same objects. */
  take(event: FeedEvent): void {
    for (const missed of this.#missed.values()) missed.push(event);
    if (touchedBy(event).length > 0) return this.#regroup(event);
    for (const [id, thread] of this.open) {
      if (!concerns(thread, event)) continue;
      if (event.kind === "message.created" && !this.shows(event.message)) continue;
      const again = reopened(thread, event);
      const now = heard(again === null ? thread : opened(thread, again), event);
      this.open.set(id, this.shown === null || this.#isShown(thread) ? now : aside(now));
      // Its older lines are not here: they are fetched, where the reader is.
      if (again !== null) void this.reload(id, thread.hasAfter ? thread.messages[0]?.id : undefined);
      if (changesReach(thread, event)) void this.refreshReach(id).catch(() => undefined);
    }
  }

  /** Of whoever this is a member of, too: what was said before a merge names who said it. */
  change(id: Id, step: (thread: Thread) => Thread): void {
    const thread = this.#holding(id);
    if (thread) this.open.set(thread.person.id, step(thread));
  }

  /** The desk's answer to a call; see `putAnswer`. */
  putMessage(id: Id, message: Message): void {
    this.change(id, (thread) => (thread.hasAfter || !this.shows(message) ? thread : putAnswer(thread, message)));
  }

  /** Whether a message belongs to what is looked at. */
  protected shows(_: Message): boolean {
    return true;
  }

  protected readPage(id: Id, where: Where, looking: Looking): Promise<MessagePage> {
    const params = { path: { person_id: id }, query: { ...where, ...looking, limit: PAGE } };
    return take(api.GET("/api/v1/conversations/{person_id}/messages", { params }));
  }

  #further(id: Id, where: Where): Promise<MessagePage> {
    return this.readPage(id, where, { folded: [...(this.find(id)?.folded ?? [])] });
  }

  /** Shown at once. Refused: what is still as it was shown goes back, and what the feed brought since stays. */
  async changeCase(changed: Case, body: CaseChange): Promise<void> {
    const before = this.latest(changed);
    const shown = { ...changed, ...optimistic(body) };
    this.change(changed.person_id, (thread) => putCase(thread, shown));
    try {
      const made = await take(api.POST("/api/v1/cases/{case_id}", { params: { path: { case_id: changed.id } }, body }));
      this.change(changed.person_id, (thread) => putCase(thread, made));
    } catch (error) {
      const isIn = ({ cases }: Thread): boolean => cases.some(({ id }) => id === changed.id);
      this.change(changed.person_id, (thread) => (isIn(thread) ? putCase(thread, takenBack(before, shown, this.latest(changed))) : thread));
      throw error;
    }
  }

  /** As it is known by now, wherever that is; else as it was. */
  latest(one: Case): Case {
    return this.#holding(one.person_id)?.cases.find(({ id }) => id === one.id) ?? one;
  }

  #isShown = (thread: Thread): boolean => this.shown !== null && this.find(this.shown) === thread;
  #dropRefused = (id: Id): unknown => this.failed.has(id) && !isPassing(this.failed.get(id)) && this.open.delete(id);

  #holding(id: Id): Thread | undefined {
    return this.find(id) ?? [...this.open.values()].find(({ person }) => person.member_ids.includes(id));
  }

  /** Places and identities may have changed in ways that no single event says. */
  async refreshReach(id: Id): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { position, reach, person, merges } = await take(api.GET("/api/v1/conversations/{person_id}", { params: { path: { person_id: id } } }));
      // What the feed brought meanwhile is newer than this answer.
      if (position < (this.find(id)?.position ?? 0)) continue;
      this.change(id, (thread) => ({ ...thread, reach, person, merges }));
      return;
    }
  }

  /** How an account does decides what can be sent by it: the open conversation asks again, others when they are next opened. */
  renewReach(accountId: Id, openId: Id | null): void {
    const shown = openId === null ? undefined : this.find(openId);
    for (const [id, thread] of [...this.open]) {
      if (!thread.reach.some((one) => one.account_id === accountId)) continue;
      if (thread === shown) void this.refreshReach(id).catch(() => undefined);
      else this.open.delete(id);
    }
  }

  /** The desk can be reached again: what is shown comes, and the rest when it is next opened. Asked for once, however it fails then. */
  retry = (shownId: Id): unknown => isPassing(untrack(() => this.failed.get(shownId))) && this.reload(shownId);

  /** After a gap that the feed could not fill, everything but the open one is forgotten: that too if it may be read no more. */
  async reset(openId: Id | null): Promise<void> {
    for (const id of [...this.open.keys()]) if (id !== openId) this.open.delete(id);
    if (openId !== null) await this.reload(openId).then(() => this.#dropRefused(openId));
  }

  clear(): void {
    for (const kept of [this.open, this.#aliases, this.failed, this.#unfolded]) kept.clear();
  }

  #unfoldedOf(id: Id): Set<Id> {
    const known = this.#unfolded.get(id) ?? new Set();
    return (this.#unfolded.set(id, known), known);
  }

  #regroup(event: FeedEvent, touched = touchedBy(event)): void {
    for (const [id, thread] of [...this.open]) {
      if (!standsIn(thread, touched, id)) continue;
      if (this.#isShown(thread)) this.change(id, (one) => ("merge" in event ? putMerge(one, event.merge) : one));
      else this.open.delete(id);
      // One that is being loaded finds out by itself, and stays where it goes.
      if (!this.#loading.has(id)) void this.reload(id).then(() => this.#dropRefused(id));
    }
    for (const [from] of [...this.#aliases]) if (touched.includes(from)) this.#aliases.delete(from);
  }

  #keep(asked: Id, thread: Thread): void {
    for (const id of [asked, thread.person.id]) this.open.delete(id);
    this.open.set(thread.person.id, thread);
    const others = [...this.open].filter(([, one]) => !this.#isShown(one));
    for (const [id] of others.slice(0, Math.max(0, this.open.size - KEPT))) this.open.delete(id);
  }
}

const isPassing = (failure: unknown): boolean => failure instanceof ApiError && failure.isPassing;

export const threads = new Threads();
