// Unsent text and files, by person and kind: in this browser at once, at the server half a second later.
import { SvelteMap } from "svelte/reactivity";
import type { Attachment, Id, KeptDraft } from "../../shared/api-types";
import type { Span } from "../../shared/rich";
import { api, done, take } from "./client";
import type { Copy } from "./copies";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";

export type Kind = "reply" | "note";
/** A colleague or a team that a note names. */
export type Named = { name: string; agentId?: Id; teamId?: Id };
export type Written = {
  text: string;
  spans: readonly Span[];
  files: readonly Attachment[];
  subject: string;
  placeId: Id | null;
  topicId: Id | null;
  copies: readonly Copy[];
  named: readonly Named[];
};
/** As it lies in this browser. What the server has got, too, gives way to what the server says. */
type Stored = Partial<Written> & { isSaved?: boolean };
const EMPTY: Written = { text: "", spans: [], files: [], subject: "", placeId: null, topicId: null, copies: [], named: [] };
const PAUSE = 500;
const DRAFT = "/api/v1/conversations/{person_id}/drafts/{kind}";

class Drafts {
  #written = new SvelteMap<string, Written>();
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
    for (const kind of ["reply", "note"] as const) {
      const key = keyOf(personId, kind);
      const { isSaved = false, ...local } = JSON.parse(localStorage.getItem(stored(key)) ?? "{}") as Stored;
      const written = { ...EMPTY, ...local };
      if (!isEmpty(written) && !this.#written.has(key)) this.#written.set(key, written);
      if (isEmpty(written) ? hasDraft : isSaved) await this.#fetch(personId, kind);
      else if (!isEmpty(written)) this.#later(personId, kind);
    }
  }

  write(personId: Id, kind: Kind, changes: Partial<Written>): void {
    const written = { ...this.of(personId, kind), ...changes };
    this.#put(personId, kind, written, false);
    this.#later(personId, kind);
  }

  /** It went out. */
  clear(personId: Id, kind: Kind): void {
    this.write(personId, kind, { text: "", spans: [], files: [], subject: "", topicId: null, copies: [], named: [] });
  }

  /** Returns when the server has what is written here, or could not be reached. */
  async flush(personId: Id, kind: Kind): Promise<void> {
    const key = keyOf(personId, kind);
    if (this.#timers.has(key)) this.#save(personId, kind);
    await this.#writes.get(key);
  }

  /** What the server made of it. */
  take(personId: Id, kind: Kind, draft: KeptDraft): void {
    clearTimeout(this.#timers.get(keyOf(personId, kind)));
    this.#timers.delete(keyOf(personId, kind));
    this.#asked.add(personId);
    this.#put(personId, kind, toWritten(draft), true);
  }

  /** Another agent may sign in: what is kept in the browser is theirs to open, this memory is not. */
  forget(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#written.clear();
    this.#asked.clear();
  }

  #put(personId: Id, kind: Kind, written: Written, isSaved: boolean): void {
    const key = keyOf(personId, kind);
    this.#written.set(key, written);
    if (isEmpty(written)) localStorage.removeItem(stored(key));
    else localStorage.setItem(stored(key), JSON.stringify({ ...written, isSaved }));
    const hasDraft = (["reply", "note"] as const).some((one) => counts(this.of(personId, one)));
    if (rows.find(personId)?.has_draft !== hasDraft) rows.change(personId, { has_draft: hasDraft });
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
      const written = this.of(personId, kind);
      const { text, spans, files, subject, placeId, topicId, copies, named } = written;
      const options = { spans, subject, place_id: placeId, topic_id: topicId, copies, named };
      const attachment_ids = files.map((one) => one.id);
      try {
        if (!counts(written)) await done(api.DELETE(DRAFT, { params }));
        else await done(api.PUT(DRAFT, { params, body: { text, options, attachment_ids } }));
        if (this.of(personId, kind) === written) this.#put(personId, kind, written, true);
      } catch {
        // It is safe in this browser; the next change, or the next visit, writes it again.
      }
    };
    this.#writes.set(key, (this.#writes.get(key) ?? Promise.resolve()).then(write));
  }

  async #fetch(personId: Id, kind: Kind): Promise<void> {
    const key = keyOf(personId, kind);
    const before = this.#written.get(key);
    const params = { path: { person_id: personId, kind } };
    const draft = await take(api.GET(DRAFT, { params })).catch(() => null);
    if (draft && this.#written.get(key) === before) this.#put(personId, kind, toWritten(draft), true);
  }
}

function toWritten(draft: KeptDraft): Written {
  const { spans, subject, place_id, topic_id, copies, named } = (draft.options ?? {}) as {
    spans?: Span[]; subject?: string; place_id?: Id; topic_id?: Id; copies?: Copy[]; named?: Named[];
  };
  return {
    text: draft.text, spans: spans ?? [], files: draft.files, subject: subject ?? "",
    placeId: place_id ?? null, topicId: topic_id ?? null, copies: copies ?? [], named: named ?? [],
  };
}

const counts = ({ text, files }: Written): boolean => text.trim() !== "" || files.length > 0;
const isEmpty = ({ text, files, subject }: Written): boolean => text === "" && subject === "" && files.length === 0;
const keyOf = (personId: Id, kind: Kind): string => `${personId}/${kind}`;
// Browsers are shared: each agent's unsent text is their own.
const stored = (key: string): string => `onethread.draft.${session.agentId}.${key}`;

export const drafts = new Drafts();
