// Unsent text, by person and kind: in this browser at once, at the server half a second later.
import { SvelteMap } from "svelte/reactivity";
import type { Id } from "../../shared/api-types";
import type { Span } from "../../shared/rich";
import { api, done, take } from "./client";
import type { Copy } from "./copies";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";

export type Kind = "reply" | "note";
export type Written = { text: string; spans: readonly Span[]; subject: string; placeId: Id | null; topicId: Id | null; copies: readonly Copy[] };
const EMPTY: Written = { text: "", spans: [], subject: "", placeId: null, topicId: null, copies: [] };
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

  /** Bring what was written here before, else what another device of the agent left at the server. */
  async open(personId: Id, hasDraft: boolean): Promise<void> {
    if (this.#asked.has(personId)) return;
    this.#asked.add(personId);
    for (const kind of ["reply", "note"] as const) {
      const key = keyOf(personId, kind);
      const local = localStorage.getItem(stored(key));
      if (local !== null) this.#written.set(key, { ...EMPTY, ...(JSON.parse(local) as Partial<Written>) });
      else if (hasDraft) await this.#fetch(personId, kind);
    }
  }

  write(personId: Id, kind: Kind, changes: Partial<Written>): void {
    const key = keyOf(personId, kind);
    const written = { ...this.of(personId, kind), ...changes };
    this.#written.set(key, written);
    const isEmpty = written.text === "" && written.subject === "";
    if (isEmpty) localStorage.removeItem(stored(key));
    else localStorage.setItem(stored(key), JSON.stringify(written));
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(() => this.#save(personId, kind), PAUSE));
    const hasDraft = (["reply", "note"] as const).some((one) => this.of(personId, one).text.trim() !== "");
    if (rows.find(personId)?.has_draft !== hasDraft) rows.change(personId, { has_draft: hasDraft });
  }

  /** The text went out. */
  clear(personId: Id, kind: Kind): void {
    this.write(personId, kind, { text: "", spans: [], subject: "", topicId: null, copies: [] });
  }

  /** Another agent may sign in: what is kept in the browser is theirs to open, this memory is not. */
  forget(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#written.clear();
    this.#asked.clear();
  }

  #save(personId: Id, kind: Kind): void {
    const key = keyOf(personId, kind);
    const params = { path: { person_id: personId, kind } };
    const write = async (): Promise<void> => {
      const { text, spans, subject, placeId, topicId, copies } = this.of(personId, kind);
      try {
        if (text === "") await done(api.DELETE(DRAFT, { params }));
        else await done(api.PUT(DRAFT, { params, body: { text, options: { spans, subject, place_id: placeId, topic_id: topicId, copies } } }));
      } catch {
        // It is safe in this browser; the next change, or the next visit, writes it again.
      }
    };
    this.#writes.set(key, (this.#writes.get(key) ?? Promise.resolve()).then(write));
  }

  async #fetch(personId: Id, kind: Kind): Promise<void> {
    const key = keyOf(personId, kind);
    const params = { path: { person_id: personId, kind } };
    const draft = await take(api.GET(DRAFT, { params })).catch(() => null);
    if (!draft?.text || this.#written.has(key)) return;
    const { spans, subject, place_id, topic_id, copies } = (draft.options ?? {}) as {
      spans?: Span[]; subject?: string; place_id?: Id; topic_id?: Id; copies?: Copy[];
    };
    this.#written.set(key, {
      text: draft.text, spans: spans ?? [], subject: subject ?? "", placeId: place_id ?? null, topicId: topic_id ?? null, copies: copies ?? [],
    });
  }
}

const keyOf = (personId: Id, kind: Kind): string => `${personId}/${kind}`;
// Browsers are shared: each agent's unsent text is their own.
const stored = (key: string): string => `onethread.draft.${session.agentId}.${key}`;

export const drafts = new Drafts();
