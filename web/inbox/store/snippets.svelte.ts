// Canned replies, and what their variables stand for in an answer.
import type { Id, NewSnippet, Snippet } from "../../shared/api-types";
import { fit } from "../editor/triggers";
import { api, done, take } from "./client";
import { threads } from "./threads.svelte";

const ONE = "/api/v1/snippets/{snippet_id}";

class Snippets {
  all: Snippet[] = $state.raw([]);
  isLoaded = $state(false);

  async load(): Promise<void> {
    this.all = (await take(api.GET("/api/v1/snippets"))).snippets;
    this.isLoaded = true;
  }

  async save(id: Id | null, body: NewSnippet): Promise<void> {
    if (id === null) await done(api.POST("/api/v1/snippets", { body }));
    else await done(api.PUT(ONE, { params: { path: { snippet_id: id } }, body }));
    await this.load();
  }

  async remove(id: Id): Promise<void> {
    await done(api.DELETE(ONE, { params: { path: { snippet_id: id } } }));
    this.all = this.all.filter((one) => one.id !== id);
  }

  async restore(id: Id): Promise<void> {
    await done(api.POST("/api/v1/snippets/{snippet_id}/restore", { params: { path: { snippet_id: id } } }));
    await this.load();
  }

  /** What fits best first: by title, then tags, then the text. */
  find(query: string, language: string): Snippet[] {
    const score = (one: Snippet): number =>
      Math.max(fit(query, one.title) * 3, ...one.tags.map((tag) => fit(query, tag) * 2), fit(query, textOf(one, language).text) * (query.length > 1 ? 1 : 0));
    const scored = this.all.map((one) => ({ one, score: score(one) })).filter((found) => found.score > 0);
    return scored.sort((left, right) => right.score - left.score || left.one.title.localeCompare(right.one.title)).map((found) => found.one);
  }

  /** What may be said of the person in this place, in an answer about the case to which one goes by now. */
  async facts(personId: Id, placeId: Id | null): Promise<Record<string, string>> {
    const current = threads.find(personId)?.cases.findLast((one) => one.state !== "solved");
    const query = { ...(placeId === null ? {} : { place_id: placeId }), ...(current ? { case_id: current.id } : {}) };
    const params = { path: { person_id: personId }, query };
    return (await take(api.GET("/api/v1/conversations/{person_id}/facts", { params }))).facts;
  }
}

type SnippetText = Snippet["texts"][string];

/** In the person's language if there is one, else in English, else in any. */
export function textOf(one: Snippet, language: string): SnippetText {
  const wanted = language.split("-")[0] ?? "";
  const found = one.texts[language] ?? one.texts[wanted] ?? one.texts.en ?? Object.values(one.texts)[0];
  return found ?? { text: "", spans: [] };
}

export const snippets = new Snippets();
