// What was guessed of the messages of cases that were opened, followed as more is read and corrected.
import { SvelteMap } from "svelte/reactivity";
import type { Finding, Id } from "../../shared/api-types";
import { api, ApiError, take } from "./client";
import { desk } from "./desk.svelte";

const MOST = 20;

class FindingsStore {
  readonly #ofCases = new SvelteMap<Id, readonly Finding[]>();
  #isFollowed = false;

  /** The newest first; none until they are here. */
  of(caseId: Id): readonly Finding[] {
    return this.#ofCases.get(caseId) ?? [];
  }

  /** From then on they are followed. */
  async load(caseId: Id): Promise<void> {
    if (!this.#isFollowed) {
      desk.listen((event) => event.kind === "finding.changed" && this.#put(event.finding), () => this.#again());
      this.#isFollowed = true;
    }
    const { findings } = await take(api.GET("/api/v1/cases/{case_id}/findings", { params: { path: { case_id: caseId } } }));
    this.#ofCases.set(caseId, findings);
  }

  /** Raises ApiError. */
  async correct(messageId: Id, said: { topic_id?: Id; is_urgent?: boolean; danger?: "self_harm" }): Promise<void> {
    this.#put(await take(api.POST("/api/v1/messages/{message_id}/correction", { params: { path: { message_id: messageId } }, body: said })));
  }

  /** Nothing is left of it for who signs in next. */
  forget(): void {
    this.#ofCases.clear();
  }

  #again(): void {
    for (const caseId of this.#ofCases.keys()) void this.load(caseId).catch((error: unknown) => isRefused(error) && this.#ofCases.delete(caseId));
  }

  #put(finding: Finding): void {
    const known = this.#ofCases.get(finding.case_id);
    if (!known) return;
    const others = known.filter((one) => one.message_id !== finding.message_id);
    this.#ofCases.set(finding.case_id, [...others, finding].sort((one, other) => other.message_id - one.message_id).slice(0, MOST));
  }
}

/** It is not this agent's to see any more. */
const isRefused = (error: unknown): boolean => error instanceof ApiError && !error.isPassing;

export const findings = new FindingsStore();
desk.whenEnded(() => findings.forget());
