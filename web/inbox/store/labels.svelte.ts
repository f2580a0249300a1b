// The labels that cases can have. Which there are comes with the views; a case holds their ids.
import type { CountedLabel, Id, Label } from "../../shared/api-types";
import { api, done, take } from "./client";

class Labels {
  /** By name. */
  all: readonly Label[] = $state.raw([]);

  /** Those of these that there are, by name: dropped ones are seen nowhere. */
  of(ids: readonly Id[]): Label[] {
    return ids.length === 0 ? [] : this.all.filter((one) => ids.includes(one.id));
  }

  /** The label of this name, made if there is none. */
  async add(name: string): Promise<Label> {
    const made = await take(api.POST("/api/v1/labels", { body: { name } }));
    if (!this.all.some((one) => one.id === made.id)) this.all = sorted([...this.all, made]);
    return made;
  }

  /** With how much each is used. */
  async counted(): Promise<CountedLabel[]> {
    return (await take(api.GET("/api/v1/labels"))).labels;
  }

  async merge(id: Id, into: Id): Promise<void> {
    await done(api.POST("/api/v1/labels/{label_id}/merge", { params: { path: { label_id: id } }, body: { into } }));
    this.all = this.all.filter((one) => one.id !== id);
  }

  async change(id: Id, name: string, tint: number): Promise<void> {
    const made = await take(api.PUT("/api/v1/labels/{label_id}", { params: { path: { label_id: id } }, body: { name, tint } }));
    this.all = sorted(this.all.map((one) => (one.id === id ? made : one)));
  }

  async drop(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/labels/{label_id}", { params: { path: { label_id: id } } }));
    this.all = this.all.filter((one) => one.id !== id);
  }

  async restore(id: Id): Promise<void> {
    const back = await take(api.POST("/api/v1/labels/{label_id}/restore", { params: { path: { label_id: id } } }));
    this.all = sorted([...this.all.filter((one) => one.id !== id), back]);
  }
}

function sorted(labels: readonly Label[]): Label[] {
  return labels.toSorted((one, other) => one.name.localeCompare(other.name));
}

/** How many colours the pages have for them (shared/tokens.css). */
export const TINTS = 6;

export const labels = new Labels();
