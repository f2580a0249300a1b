// Unsent text and files, by person and kind: in this browser at once, at the server half a second later.
import { SvelteMap } from "svelte/reactivity";
import type { ConversationRow, Id, KeptDraft } from "../../shared/api-types";
import { api, ApiError, done, take } from "./client";
import { reconciled } from "./reconciled";
import { joined, without } from "./rich";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";
import { counts, EMPTY, isEmpty, toOptions, toWritten, type Kind, type Written } from "./written";

export type { Kind, Named, Written } from "./written";

/** As it lies in this browser. What the server has got, too, gives way to what the server says. */
type Stored = Partial<Written> & { isSaved?: boolean; known?: Known };
/** What the server had when this page last heard of it: what a write is made from. */
type Known = { revision: number; written: Written };
const KINDS: readonly Kind[] = ["reply", "note"];
const NOTHING: Known = { revision: 0, written: EMPTY };
const PAUSE = 500;
/** How often a write is tried that another device is always ahead of. */
const TRIES = 5;
const DRAFT = "/api/v1/conversations/{person_id}/drafts/{kind}";

class Drafts {
  #written = new SvelteMap<string, Written>();
  /** Those of which the server has all, and those that another tab is about to save. */
  #saved = new WeakSet<Written>();
  #known = new Map<string, Known>();
  #asked = new Set<Id>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** One write at a time for each draft: a late answer must not bring back older text. */
  #writes = new Map<string, Promise<void>>();

  of(personId: Id, kind: Kind): Written {
    return this.#written.get(keyOf(personId, kind)) ?? EMPTY;
  }

  /** Bring what was written here and not saved, else what the server has, from whatever device. */
  async open(personId: Id, hasDraft: boolean): Promise<void> {
    if (this.#asked.has(personId)) return;
    this.#asked.add(personId);
    for (const kind of KINDS) {
      const key = keyOf(personId, kind);
      const local = read(localStorage.getItem(stored(key)));
      const written = toLocal(local);
      const hasLocal = !isEmpty(written);
      if (local.known && !this.#known.has(key)) this.#known.set(key, local.known);
      if (this.#isUnsaved(key)) this.#later(personId, kind);
      else if (hasLocal && !local.isSaved) {
        this.#written.set(key, written);
        this.#later(personId, kind);
      } else {
        if (hasLocal && !this.#written.has(key)) this.#show(personId, kind, written);
        if (hasDraft || !isEmpty(this.of(personId, kind))) await this.#fetch(personId, kind);
      }
    }
  }

  /** It may have been written on, or sent, elsewhere: what has nothing unsaved here is read again, at once where one looks. */
  renew(personId: Id | null): void {
    this.#asked.clear();
    if (personId !== null) void this.open(personId, true);
  }

  /** Persons were joined or parted: what the server has of theirs is read again, and no copy of how it was is kept. */
  regroup(touched: readonly Id[], shownId: Id | null): void {
    for (const [id, kind] of touched.flatMap((one) => KINDS.map((of) => [one, of] as const))) {
      const key = keyOf(id, kind);
      if (this.#isUnsaved(key)) this.#save(id, kind);
      else if (id !== shownId) {
        for (const kept of [this.#written, this.#known]) kept.delete(key);
        if (read(localStorage.getItem(stored(key))).isSaved) localStorage.removeItem(stored(key));
      }
    }
    this.renew(shownId);
  }

  /** The desk can be reached again: what it could not be told is told. */
  retry(): void {
    for (const key of this.#written.keys()) {
      const [id, kind] = key.split("/");
      if (this.#isUnsaved(key) && !this.#timers.has(key)) this.#later(Number(id), kind as Kind);
    }
  }

  /** What a row says of a draft that this page has read and has nothing unsaved of. */
  follow(row: ConversationRow): void {
    const id = row.person_id;
    if (!this.#asked.has(id) || row.has_draft === KINDS.some((kind) => counts(this.of(id, kind)))) return;
    for (const kind of KINDS) if (!this.#isUnsaved(keyOf(id, kind))) void this.#fetch(id, kind);
  }

  /** Another tab wrote it, or sent it. Saving it is that tab's. */
  hear({ key: place, newValue }: Pick<StorageEvent, "key" | "newValue">): void {
    const key = place?.startsWith(stored("")) ? place.slice(stored("").length) : "";
    if (!this.#written.has(key) || this.#isUnsaved(key)) return;
    const [id, kind] = key.split("/");
    const told = read(newValue);
    // What is gone is nothing to write on: words typed from now on are new, whatever the server still has.
    this.#known.set(key, told.known ?? { ...this.#of(key), written: EMPTY });
    this.#show(Number(id), kind as Kind, toLocal(told));
  }

  write(personId: Id, kind: Kind, changes: Partial<Written>): void {
    const written = { ...this.of(personId, kind), ...changes };
    this.#put(personId, kind, written, false);
    this.#later(personId, kind);
  }

  /** It went out. The next one goes where the person wrote last, unless its agent keeps a channel. */
  clear(personId: Id, kind: Kind): void {
    this.write(personId, kind, EMPTY);
  }

  /**
   * Let the server put something ahead of the draft, once it has what is written here. What is written until it answers
   * stays, behind it, and is saved after it. Returns whose draft it was. Raises ApiError, also if it cannot be saved.
   */
  async change(personId: Id, kind: Kind, ask: () => Promise<{ person_id: Id; draft: KeptDraft }>): Promise<Id> {
    const key = keyOf(personId, kind);
    await this.#writes.get(key);
    if (this.#timers.has(key) || this.#isUnsaved(key)) {
      do {
        this.#save(personId, kind);
        await this.#writes.get(key);
      } while (this.#timers.has(key));
    }
    if (this.#isUnsaved(key)) throw new ApiError(0, "unreachable", "");
    const before = this.of(personId, kind);
    const change = async (): Promise<Id> => {
      const { person_id, draft } = await ask();
      const now = this.of(person_id, kind);
      const made = toWritten(draft);
      this.#asked.add(person_id);
      this.#known.set(keyOf(person_id, kind), { revision: draft.revision, written: made });
      if (!this.#isUnsaved(keyOf(person_id, kind))) this.#put(person_id, kind, made, true);
      else {
        const ids = new Set((person_id === personId ? before : EMPTY).files.map((one) => one.id));
        this.write(person_id, kind, {
          ...made,
          ...joined([person_id === personId ? without(made, before.text) : made, now]),
          files: [...made.files.filter((one) => !ids.has(one.id)), ...now.files],
          subject: now.subject || made.subject,
          named: [...made.named, ...now.named],
        });
      }
      return person_id;
    };
    const answer = change();
    this.#writes.set(key, answer.then(() => undefined, () => undefined));
    return answer;
  }

  /** Another agent may sign in: what is kept in the browser is theirs to open, this memory is not. */
  forget(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#written.clear();
    this.#known.clear();
    this.#asked.clear();
  }

  #put(personId: Id, kind: Kind, written: Written, isSaved: boolean): void {
    const key = keyOf(personId, kind);
    if (isEmpty(written)) localStorage.removeItem(stored(key));
    else localStorage.setItem(stored(key), JSON.stringify({ ...written, isSaved, known: this.#known.get(key) } satisfies Stored));
    this.#show(personId, kind, written, isSaved);
  }

  #show(personId: Id, kind: Kind, written: Written, isSaved = true): void {
    if (isSaved) this.#saved.add(written);
    this.#written.set(keyOf(personId, kind), written);
    const hasDraft = KINDS.some((one) => counts(this.of(personId, one)));
    if (rows.find(personId)?.has_draft !== hasDraft) rows.change(personId, { has_draft: hasDraft });
  }

  #isUnsaved(key: string): boolean {
    const written = this.#written.get(key);
    return written !== undefined && !this.#saved.has(written);
  }

  #later(personId: Id, kind: Kind): void {
    const key = keyOf(personId, kind);
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(() => this.#save(personId, kind), PAUSE));
  }

  #save(personId: Id, kind: Kind): void {
    const key = keyOf(personId, kind);
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const params = { path: { person_id: personId, kind } };
    const write = async (): Promise<void> => {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const written = this.of(personId, kind);
        try {
          const revision = await this.#write(personId, kind, written);
          this.#known.set(key, { revision, written: revision === 0 ? EMPTY : written });
          if (this.of(personId, kind) === written) this.#put(personId, kind, written, true);
          return;
        } catch (error) {
          // Else it is safe in this browser; the next change, or the desk's return, writes it again.
          if (!(error instanceof ApiError && error.code === "draft_changed")) return;
        }
        const draft = await take(api.GET(DRAFT, { params })).catch(() => null);
        if (!draft) return;
        const theirs = toWritten(draft);
        const made = reconciled(this.#of(key).written, theirs, this.of(personId, kind));
        this.#known.set(key, { revision: draft.revision, written: theirs });
        this.#put(personId, kind, made, false);
      }
    };
    this.#writes.set(key, (this.#writes.get(key) ?? Promise.resolve()).then(write));
  }

  #of = (key: string): Known => this.#known.get(key) ?? NOTHING;

  /** Its revision at the server. Raises ApiError, `draft_changed` if another device was ahead. */
  async #write(personId: Id, kind: Kind, written: Written): Promise<number> {
    const path = { person_id: personId, kind };
    const { revision } = this.#of(keyOf(personId, kind));
    if (!counts(written)) {
      await done(api.DELETE(DRAFT, { params: { path, query: { revision } } }));
      return 0;
    }
    const attachment_ids = written.files.map((one) => one.id);
    const body = { text: written.text, options: toOptions(written), attachment_ids, revision };
    return (await take(api.PUT(DRAFT, { params: { path }, body }))).revision;
  }

  async #fetch(personId: Id, kind: Kind): Promise<void> {
    const key = keyOf(personId, kind);
    await this.#writes.get(key);
    const before = this.#written.get(key);
    const params = { path: { person_id: personId, kind } };
    const draft = await take(api.GET(DRAFT, { params })).catch(() => null);
    if (!draft || this.#written.get(key) !== before || this.#isUnsaved(key)) return;
    const written = toWritten(draft);
    this.#known.set(key, { revision: draft.revision, written });
    this.#put(personId, kind, written, true);
  }
}

const read = (json: string | null): Stored => JSON.parse(json ?? "{}") as Stored;
const toLocal = ({ isSaved: _isSaved, ...written }: Stored): Written => ({ ...EMPTY, ...written });
const keyOf = (personId: Id, kind: Kind): string => `${personId}/${kind}`;
// Browsers are shared: each agent's unsent text is their own.
const stored = (key: string): string => `onethread.draft.${session.agentId}.${key}`;

export const drafts = new Drafts();
