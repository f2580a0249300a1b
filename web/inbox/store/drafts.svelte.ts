// Unsent text and files, by person and kind: in this browser at once, at the server half a second later.
import { SvelteMap } from "svelte/reactivity";
import type { Attachment, ConversationRow, Id, KeptDraft } from "../../shared/api-types";
import type { Span } from "../../shared/rich";
import { api, ApiError, done, take } from "./client";
import type { Copy } from "./copies";
import { joined, without } from "./rich";
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
const KINDS: readonly Kind[] = ["reply", "note"];
const PAUSE = 500;
const DRAFT = "/api/v1/conversations/{person_id}/drafts/{kind}";

class Drafts {
  #written = new SvelteMap<string, Written>();
  /** Those of which the server has all, and those that another tab is about to save. */
  #saved = new WeakSet<Written>();
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
    this.#show(Number(id), kind as Kind, toLocal(read(newValue)));
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

  /**
   * Let the server put something ahead of the draft, once it has what is written here. What is written until it answers
   * stays, behind it, and is saved after it. Returns whose draft it was. Raises ApiError, also if it cannot be saved.
   */
  async change(personId: Id, kind: Kind, ask: () => Promise<{ person_id: Id; draft: KeptDraft }>): Promise<Id> {
    const key = keyOf(personId, kind);
    while (this.#timers.has(key)) {
      this.#save(personId, kind);
      await this.#writes.get(key);
    }
    await this.#writes.get(key);
    if (this.#isUnsaved(key)) throw new ApiError(0, "unreachable", "");
    const before = this.of(personId, kind);
    const change = async (): Promise<Id> => {
      const { person_id, draft } = await ask();
      const now = this.of(person_id, kind);
      const made = toWritten(draft);
      this.#asked.add(person_id);
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
    this.#asked.clear();
  }

  #put(personId: Id, kind: Kind, written: Written, isSaved: boolean): void {
    const key = keyOf(personId, kind);
    if (isEmpty(written)) localStorage.removeItem(stored(key));
    else localStorage.setItem(stored(key), JSON.stringify({ ...written, isSaved }));
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
    await this.#writes.get(key);
    const before = this.#written.get(key);
    const params = { path: { person_id: personId, kind } };
    const draft = await take(api.GET(DRAFT, { params })).catch(() => null);
    if (draft && this.#written.get(key) === before && !this.#isUnsaved(key)) this.#put(personId, kind, toWritten(draft), true);
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
const read = (json: string | null): Stored => JSON.parse(json ?? "{}") as Stored;
const toLocal = ({ isSaved: _isSaved, ...written }: Stored): Written => ({ ...EMPTY, ...written });
const keyOf = (personId: Id, kind: Kind): string => `${personId}/${kind}`;
// Browsers are shared: each agent's unsent text is their own.
const stored = (key: string): string => `onethread.draft.${session.agentId}.${key}`;

export const drafts = new Drafts();
