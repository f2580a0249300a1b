// The waiting queue as who runs the desk looks at it: its lines, its agents, what waits; followed while it is looked at.
import { SvelteMap } from "svelte/reactivity";
import type { components } from "../../shared/api";
import type { Id } from "../../shared/api-types";
import { api, ApiError, done, take } from "./client";
import { desk } from "./desk.svelte";
import { queue, type Availability } from "./queue.svelte";

type Shapes = components["schemas"];
export type QueueLine = Shapes["QueueLine"];
export type QueuedCase = Shapes["QueuedCase"];
export type AgentDesk = Shapes["AgentDesk"];
export type HeldCase = Shapes["HeldCase"];
export type WholeQueue = Shapes["QueueSettings"];
export type TeamRule = Shapes["TeamRule"];

/** A busy queue moves many times a second; it is looked at once for all of it. */
const TOGETHER = 2000;
const PAGE = 50;

class Board {
  lines: QueueLine[] = $state.raw([]);
  desks: AgentDesk[] = $state.raw([]);
  cases: QueuedCase[] = $state.raw([]);
  waiting = $state(0);
  waitingMost = $state(0);
  /** Of a longer line no more are counted. */
  countedMost = $state(0);
  isLoaded = $state(false);
  /** Whether more wait behind those that are shown. */
  hasMore = $state(false);
  /** What agents have whose cases somebody looks at. */
  readonly held = new SvelteMap<Id, HeldCase[]>();
  #shown = PAGE;
  #turn = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** Whether more wait in it than are counted. */
  isCut(line: Pick<QueueLine, "waiting" | "offered">): boolean {
    return line.waiting - line.offered >= this.countedMost;
  }

  /** Follows what happens until the returned function is called. */
  begin(): () => void {
    const deaf = desk.listen(
      (event) => (event.kind === "queue.changed" || event.kind === "desk.changed") && this.#loadSoon(),
      () => this.#loadSoon(),
    );
    return () => {
      deaf();
      this.forget();
    };
  }

  async load(): Promise<void> {
    const turn = (this.#turn += 1);
    const query = { limit: Math.min(this.#shown, 200) };
    const [lines, desks, found] = await Promise.all([
      take(api.GET("/api/v1/queue/lines")),
      take(api.GET("/api/v1/desks")),
      take(api.GET("/api/v1/queue", { params: { query } })),
      ...[...this.held.keys()].map((id) => this.loadHeld(id)),
    ]);
    if (turn !== this.#turn) return;
    this.lines = lines.lines;
    this.countedMost = lines.counted_most ?? 0;
    this.desks = desks.desks;
    this.cases = found.cases;
    this.waiting = found.waiting;
    this.waitingMost = found.waiting_most ?? 0;
    this.hasMore = found.next !== null && query.limit < 200;
    this.isLoaded = true;
  }

  async more(): Promise<void> {
    this.#shown += PAGE;
    await this.load();
  }

  async loadDesks(): Promise<void> {
    this.desks = (await take(api.GET("/api/v1/desks"))).desks;
  }

  /** Of who has left, nothing is held any more. */
  async loadHeld(id: Id): Promise<void> {
    try {
      const found = await take(api.GET("/api/v1/desks/{agent_id}/cases", { params: { path: { agent_id: id } } }));
      this.held.set(id, found.cases);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      this.held.delete(id);
    }
  }

  async setAvailability(id: Id, availability: Availability): Promise<void> {
    await done(api.PUT("/api/v1/desks/{agent_id}/availability", { params: { path: { agent_id: id } }, body: { availability } }));
    await this.load();
  }

  async saveDesk(id: Id, capacity: number | null, skills: Record<string, number>): Promise<void> {
    await done(api.PUT("/api/v1/desks/{agent_id}", { params: { path: { agent_id: id } }, body: { capacity, skills } }));
    await (this.isLoaded ? this.load() : this.loadDesks());
  }

  /** To nobody: it stands in the queue again. */
  async give(caseId: Id, owner: Id | null, force = false): Promise<void> {
    await done(api.POST("/api/v1/cases/{case_id}", { params: { path: { case_id: caseId } }, body: { owner_id: owner, force } }));
    await this.load();
  }

  async withdraw(caseId: Id): Promise<void> {
    await done(api.DELETE("/api/v1/cases/{case_id}/offer", { params: { path: { case_id: caseId } } }));
    await this.load();
  }

  async saveQueue(changes: Partial<WholeQueue>): Promise<void> {
    queue.settings = await take(api.PUT("/api/v1/queue/settings", { body: { ...queue.settings?.queue, ...changes } }));
    await this.load();
  }

  /** Exactly this, of the team's own; null: as the whole queue. */
  async saveTeam(teamId: Id, body: TeamRule | null): Promise<void> {
    const params = { path: { team_id: teamId } };
    await done(body ? api.PUT("/api/v1/queue/teams/{team_id}", { params, body }) : api.DELETE("/api/v1/queue/teams/{team_id}", { params }));
    await queue.loadSettings();
  }

  forget(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#turn += 1;
    this.#shown = PAGE;
    this.lines = this.desks = this.cases = [];
    this.isLoaded = this.hasMore = false;
    this.held.clear();
  }

  #loadSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      if (this.isLoaded) void this.load().catch(() => undefined);
    }, TOGETHER);
  }
}

export const board = new Board();
