// Fields that the desk keeps of its cases: as they are defined, and what stands in those of one case.
import type { Case, CountedField, FieldChange, FilledFields, Id, NewField } from "../../shared/api-types";
import { api, done, take } from "./client";
import { threads } from "./threads.svelte";

class CaseFields {
  all: CountedField[] = $state.raw([]);
  isLoaded = $state(false);
  readonly used: CountedField[] = $derived(this.all.filter((one) => !one.is_retired));
  /** Those that the agent fills in and asks for: who defines a team's own need not be in it. */
  readonly seen: CountedField[] = $derived(this.used.filter((one) => one.is_seen));
  #asked: Promise<void> | null = null;

  /** Fetch unless they are here. */
  want(): void {
    this.#asked ??= this.load().catch(() => void (this.#asked = null));
  }

  async load(): Promise<void> {
    this.all = (await take(api.GET("/api/v1/case-fields"))).fields;
    this.isLoaded = true;
  }

  async save(id: Id | null, field: NewField): Promise<void> {
    const { kind: _kind, ...change } = field;
    await (id === null ? done(api.POST("/api/v1/case-fields", { body: field })) : this.#patch(id, change));
    await this.load();
  }

  async retire(id: Id, is_retired: boolean): Promise<void> {
    await this.#patch(id, { is_retired });
    await this.load();
  }

  /** One place up or down among those in use. */
  async move(id: Id, by: -1 | 1): Promise<void> {
    const ids = this.all.filter((one) => !one.is_retired).map((one) => one.id);
    const at = ids.indexOf(id);
    const [moved] = ids.splice(at, 1);
    if (moved !== undefined) ids.splice(at + by, 0, moved);
    this.all = (await take(api.PUT("/api/v1/case-fields", { body: { ids } }))).fields;
  }

  #patch(id: Id, body: FieldChange): Promise<void> {
    return done(api.PATCH("/api/v1/case-fields/{field_id}", { params: { path: { field_id: id } }, body }));
  }
}

export function loadFilled(caseId: Id): Promise<FilledFields> {
  return take(api.GET("/api/v1/cases/{case_id}/fields", { params: { path: { case_id: caseId } } }));
}

/** Fields that are being filled in here, each with what stands there then. */
const filling = new Map<string, Promise<string>>();

/**
 * Where there is what whoever changes it `saw`, or what they put there a moment ago: their own changes follow each other.
 * Throws `value_moved_on`, with the `value` that there is.
 */
export async function fillIn(one: Case, field_id: Id, value: string, saw: string): Promise<void> {
  const key = `${one.id} ${field_id}`;
  const before = filling.get(key);
  const run = (before ?? Promise.reject(new Error()))
    .catch(() => saw)
    .then((expected) => threads.changeCase(one, { set_fields: [{ field_id, value, expected }] }))
    .then(() => value);
  filling.set(key, run);
  try {
    await run;
  } finally {
    if (filling.get(key) === run) filling.delete(key);
  }
}

export const caseFields = new CaseFields();
