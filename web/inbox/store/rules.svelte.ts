// Rules: in the order in which they run, followed as others change them.
import type { DryRun, Id, Rule, RuleDefinition, RuleFault, RuleRun, RuleSchema, RuleVersion } from "../../shared/api-types";
import { api, ApiError, done, take } from "./client";
import { desk } from "./desk.svelte";

class RulesStore {
  all: Rule[] = $state.raw([]);
  schema: RuleSchema | null = $state.raw(null);
  isLoaded = $state(false);
  #isFollowed = false;
  /** What was asked for before what is there, or by who signed out, says nothing any more. */
  #turn = 0;
  #shown = 0;

  /** `all` is then as it was when asked, or newer. From then on it follows what others change, and what is stopped. */
  async load(): Promise<void> {
    if (!this.#isFollowed) {
      const again = (): void => void this.load().catch(() => undefined);
      desk.listen((event) => event.kind === "rules.changed" && again(), again);
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const { rules: found } = await take(api.GET("/api/v1/rules"));
    if (turn < this.#shown) return;
    this.#shown = turn;
    this.all = found;
    this.isLoaded = true;
  }

  /** Nothing is left of it for who signs in next. */
  forget(): void {
    this.#shown = this.#turn += 1;
    this.all = [];
    this.isLoaded = false;
  }

  async loadSchema(): Promise<RuleSchema> {
    return (this.schema ??= await take(api.GET("/api/v1/rules/schema")));
  }

  /** What may not be meant, of a rule that is saved: unless there is a newer version than `from`, which is in `all` then. Raises ApiError. */
  async save(from: Rule | null, name: string, definition: RuleDefinition): Promise<RuleFault[]> {
    const body = { name, definition };
    const saved = await take(
      from ? api.PUT("/api/v1/rules/{rule_id}", { params: { path: { rule_id: from.id } }, body: { ...body, expect_version: from.version } }) : api.POST("/api/v1/rules", { body }),
    ).catch(async (error: unknown) => {
      if (error instanceof ApiError && error.code === "moved_on") await this.load();
      throw error;
    });
    await this.load();
    return saved.warnings;
  }

  async switch(id: Id, is_on: boolean): Promise<void> {
    const changed = await take(api.POST("/api/v1/rules/{rule_id}/switch", { params: { path: { rule_id: id } }, body: { is_on } }));
    this.all = this.all.map((one) => (one.id === id ? changed : one));
  }

  /** One place up or down. */
  async move(id: Id, by: -1 | 1): Promise<void> {
    const ids = this.all.map((one) => one.id);
    const at = ids.indexOf(id);
    const [other] = ids.splice(at + by, 1, id);
    if (other !== undefined) ids[at] = other;
    this.all = (await take(api.POST("/api/v1/rules/order", { body: { ids } }))).rules;
  }

  async drop(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/rules/{rule_id}", { params: { path: { rule_id: id } } }));
    await this.load();
  }

  /** A former version is the next one; without one, a rule that was removed stands again, off. What is amiss of it. */
  async restore(id: Id, version?: number): Promise<RuleFault[]> {
    const { warnings } = await take(api.POST("/api/v1/rules/{rule_id}/restore", { params: { path: { rule_id: id } }, body: version === undefined ? {} : { version } }));
    await this.load();
    return warnings;
  }

  async check(definition: RuleDefinition): Promise<RuleFault[]> {
    return (await take(api.POST("/api/v1/rules/check", { body: { definition } }))).faults;
  }

  rehearse(definition: RuleDefinition, days: number): Promise<DryRun> {
    return take(api.POST("/api/v1/rules/dry-run", { body: { definition, days } }));
  }

  async versions(id: Id): Promise<RuleVersion[]> {
    return (await take(api.GET("/api/v1/rules/{rule_id}/versions", { params: { path: { rule_id: id } } }))).versions;
  }

  async runs(id: Id): Promise<RuleRun[]> {
    return (await take(api.GET("/api/v1/rule-runs", { params: { query: { rule_id: id, limit: 30 } } }))).runs;
  }

  run(id: Id): Promise<RuleRun> {
    return take(api.GET("/api/v1/rule-runs/{run_id}", { params: { path: { run_id: id } } }));
  }
}

export const rules = new RulesStore();
desk.whenEnded(() => rules.forget());
