// A part of one conversation: one channel, the notes, the files. And letters that are looked for in all of it.
import type { FoundWithin, Id, Message, MessagePage } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { Threads } from "./threads.svelte";

export type Only = "notes" | "files";
export type Lens = { only: Only | null; channel: string | null };
const WIDE: Lens = { only: null, channel: null };
const WAIT = 250;

export function isWide(lens: Lens): boolean {
  return lens.only === null && lens.channel === null;
}

/** Whether a message is in what the server shows through the lens. */
export function passes({ only, channel }: Lens, message: Message): boolean {
  if (only === "notes" && message.direction !== "note") return false;
  if (only === "files" && message.attachments.length === 0) return false;
  return channel === null || message.channel === channel;
}

class Lensed extends Threads {
  lens: Lens = $state.raw(WIDE);
  protected override shows(message: Message): boolean {
    return passes(this.lens, message);
  }
  protected override readPage(id: Id, where: { before?: Id; after?: Id; around?: Id }): Promise<MessagePage> {
    const { only, channel } = this.lens;
    return super.readPage(id, where, { ...(only && { only }), ...(channel && { channel }) });
  }
}

/** One at a time: the conversation that is open. */
class Finder {
  readonly seen = new Lensed();
  /** Whose bar is open; null: nobody's. */
  personId: Id | null = $state(null);
  words = $state("");
  found: readonly Id[] = $state.raw([]);
  hasMore = $state(false);
  /** Which of `found` the reader is at; -1: at none yet. */
  at = $state(-1);
  isLooking = $state(false);
  failure: unknown = $state.raw(null);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #deaf: (() => void) | null = null;
  readonly current = $derived(this.found[this.at] ?? null);

  open(personId: Id): void {
    if (this.personId !== personId) this.close();
    this.personId = personId;
    this.#deaf ??= desk.listen((event) => this.#hear(event), () => void this.seen.reset(this.personId));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.personId = null;
    this.words = "";
    this.found = [];
    this.at = -1;
    this.isLooking = false;
    this.failure = null;
    this.seen.lens = WIDE;
    this.seen.clear();
    this.#deaf?.();
    this.#deaf = null;
  }

  look(lens: Lens): void {
    this.seen.lens = lens;
    this.seen.clear();
    if (this.personId !== null && !isWide(lens)) void this.seen.reload(this.personId);
    this.search();
  }

  /** What was typed, as soon as nothing more is. */
  write(words: string): void {
    this.words = words;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.search(), WAIT);
  }

  search(): void {
    clearTimeout(this.#timer);
    void this.#search(this.personId, this.words.trim(), ++this.#asked);
  }

  /** Older with 1, newer with -1; round at the ends. */
  step(by: 1 | -1): void {
    if (this.found.length > 0) this.at = (this.at + by + this.found.length) % this.found.length;
  }

  async #search(id: Id | null, words: string, asked: number): Promise<void> {
    this.failure = null;
    if (id === null || words === "") {
      this.found = [];
      this.at = -1;
      this.isLooking = false;
      return;
    }
    this.isLooking = true;
    const { only, channel } = this.seen.lens;
    const params = { path: { person_id: id }, query: { q: words, ...(only && { only }), ...(channel && { channel }) } };
    try {
      const answer: FoundWithin = await take(api.GET("/api/v1/conversations/{person_id}/find", { params }));
      if (asked !== this.#asked) return;
      const was = this.current;
      this.found = answer.message_ids;
      this.hasMore = answer.has_more;
      this.at = this.found.length === 0 ? -1 : Math.max(0, was === null ? 0 : this.found.indexOf(was));
    } catch (error) {
      if (asked !== this.#asked) return;
      this.found = [];
      this.at = -1;
      this.failure = error;
    }
    this.isLooking = false;
  }

  /** What is said while one looks is found too. */
  #hear(event: FeedEvent): void {
    this.seen.take(event);
    if (event.kind !== "message.created" || event.row?.person_id !== this.personId || this.words.trim() === "") return;
    const { id, text, subject, attachments } = event.message;
    const isMeant = [text, subject, ...attachments.map((one) => one.name)].some((one) => one.toLowerCase().includes(this.words.trim().toLowerCase()));
    if (!isMeant || !passes(this.seen.lens, event.message) || this.found.includes(id)) return;
    this.found = [id, ...this.found];
    if (this.at >= 0) this.at += 1;
  }
}

export const finder = new Finder();
