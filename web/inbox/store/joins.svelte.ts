// Who may be one person: what the desk found, and what waits for a second agent.
import type { Id, Merge, Person, Proposal, Suggestion } from "../../shared/api-types";
import type { Proposed } from "../../shared/feed-types";
import { api, ApiError, done, take } from "./client";
import { session } from "./session.svelte";
import { threads } from "./threads.svelte";

class Joins {
  suggestions: Suggestion[] = $state.raw([]);
  proposals: Proposal[] = $state.raw([]);
  isLoaded = $state(false);
  /** What to ask for to get more suggestions; null: that is all. */
  before: number | null = $state(null);
  /** How often the feed said something: a list that was asked for before is read again. */
  #told = 0;

  /** How many merges wait for this agent to be the second. */
  get waiting(): number {
    return this.proposals.filter((one) => one.may_approve).length;
  }

  /** Both lists of the whole desk. */
  async load(): Promise<void> {
    const [found] = await Promise.all([take(api.GET("/api/v1/suggestions")), this.loadProposals()]);
    this.suggestions = found.suggestions;
    this.before = found.before;
    this.isLoaded = true;
  }

  /** Events were missed, or this agent may see others now. */
  renew(): Promise<void> {
    return this.isLoaded ? this.load() : this.loadProposals();
  }

  /** Nothing is left of it for who signs in next. */
  forget(): void {
    this.#told += 1;
    this.suggestions = [];
    this.proposals = [];
    this.isLoaded = false;
    this.before = null;
  }

  async loadMore(): Promise<void> {
    if (this.before === null) return;
    const found = await take(api.GET("/api/v1/suggestions", { params: { query: { before: this.before } } }));
    this.suggestions = [...this.suggestions, ...found.suggestions];
    this.before = found.before;
  }

  async loadProposals(): Promise<void> {
    for (let told = -1; told !== this.#told; ) {
      told = this.#told;
      this.proposals = (await take(api.GET("/api/v1/proposals"))).proposals;
    }
  }

  /** As the feed tells it: asked for, or decided by somebody. */
  put(told: Proposed): void {
    this.#told += 1;
    const others = this.proposals.filter((other) => other.id !== told.id);
    const mine = told.agent.id === session.agentId;
    this.proposals = told.state === "open" ? [{ ...told, may_approve: !mine }, ...others].sort((a, b) => b.id - a.id) : others;
  }

  /** What is found of one person. */
  async of(personId: Id): Promise<Suggestion[]> {
    const params = { path: { person_id: personId } };
    return (await take(api.GET("/api/v1/persons/{person_id}/suggestions", { params }))).suggestions;
  }

  async accept(one: Suggestion, reason: string): Promise<Merge> {
    const params = { path: { suggestion_id: one.id } };
    const merge = await take(api.POST("/api/v1/suggestions/{suggestion_id}/accept", { params, body: { reason } }));
    this.#settled(one);
    for (const id of [merge.winner_id, merge.loser_id]) if (threads.find(id)) await threads.reload(id);
    return merge;
  }

  async reject(one: Suggestion, reason: string): Promise<void> {
    const params = { path: { suggestion_id: one.id } };
    await done(api.POST("/api/v1/suggestions/{suggestion_id}/reject", { params, body: { reason } }));
    this.#settled(one);
  }

  async propose(loserId: Id, winnerId: Id, reason: string): Promise<void> {
    const body = { loser_id: loserId, winner_id: winnerId, reason };
    const asked = await take(api.POST("/api/v1/proposals", { body }));
    this.put(asked);
  }

  async decide(one: Proposal, action: "approve" | "refuse", reason: string): Promise<void> {
    const params = { path: { proposal_id: one.id } };
    if (action === "approve") await done(api.POST("/api/v1/proposals/{proposal_id}/approve", { params, body: { reason } }));
    else await done(api.POST("/api/v1/proposals/{proposal_id}/refuse", { params, body: { reason } }));
    this.proposals = this.proposals.filter((other) => other.id !== one.id);
  }

  #settled(one: Suggestion): void {
    this.suggestions = this.suggestions.filter((other) => other.id !== one.id);
  }
}

/** True if a merge was refused only because a second agent has to agree. */
export function needsSecond(error: unknown): boolean {
  return error instanceof ApiError && error.code === "second_agent_needed";
}

/** One person with their identities and why each is believed. */
export function loadPerson(id: Id): Promise<Person> {
  return take(api.GET("/api/v1/persons/{person_id}", { params: { path: { person_id: id } } }));
}

export const joins = new Joins();
