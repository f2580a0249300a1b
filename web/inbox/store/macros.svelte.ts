// Macros: actions under a name, run on the open case, with one undo.
import type { Case, Id, Macro, RuleDefinition } from "../../shared/api-types";
import type { components } from "../../shared/api";
import { ApiError, api, done, take } from "./client";
import { desk } from "./desk.svelte";
import { lt } from "./list-words.svelte";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";

type Shapes = components["schemas"];
type MacroRun = Shapes["MacroRun"];
export type ForWhom = Pick<Macro, "reach" | "team_id">;
export type PastRun = Shapes["PastMacroRun"];
/** What was shown: it is run on that case alone, and as it was shown. */
type Asked = { macro: Macro; one: Case; name: string; shown: Shapes["PreviewedCase"] };
const SPEAKING: readonly string[] = ["reply", "ask_step_up"];

class Macros {
  /** A macro that waits for a yes. */
  asked: Asked | null = $state.raw(null);
  all: Macro[] = $state.raw([]);
  isLoaded = $state(false);
  /** By macro and case: the key of a run whose answer did not come, so that the next try is the same run. */
  readonly #keys = new Map<string, string>();
  /** What was asked for before the last question, or by who signed out, says nothing any more. */
  #turn = 0;

  async load(): Promise<void> {
    const turn = (this.#turn += 1);
    const { macros: found } = await take(api.GET("/api/v1/macros"));
    if (turn !== this.#turn) return;
    this.all = found;
    this.isLoaded = true;
  }

  /** Somebody's own ones are not the next one's to run. */
  forget(): void {
    this.#turn += 1;
    this.#keys.clear();
    this.asked = null;
    this.all = [];
    this.isLoaded = false;
  }

  async add(name: string, { reach, team_id }: ForWhom, actions: RuleDefinition["then"]): Promise<void> {
    await done(api.POST("/api/v1/macros", { body: { name, reach: reach as "personal", team_id, actions } }));
    await this.load();
  }

  /** Unless somebody changed it meanwhile: what they made of it is in `all` then, to be looked at. Raises ApiError. */
  async change({ id, changed_at }: Macro, name: string, { reach, team_id }: ForWhom, actions: RuleDefinition["then"]): Promise<void> {
    const body = { name, reach: reach as "personal", team_id, actions, expect_changed_at: changed_at };
    await done(api.PUT("/api/v1/macros/{macro_id}", { params: { path: { macro_id: id } }, body })).finally(() => this.load().catch(() => undefined));
  }

  async drop(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/macros/{macro_id}", { params: { path: { macro_id: id } } }));
    this.all = this.all.filter((one) => one.id !== id);
  }

  /** What it names may be gone: then without that, if somebody says so. */
  async restore(id: Id, without_gone = false): Promise<void> {
    await done(api.POST("/api/v1/macros/{macro_id}/restore", { params: { path: { macro_id: id }, query: { without_gone } } }));
    await this.load();
  }

  /** One that says something to the person asks first: with what it would say, for `answer`. */
  async run(macro: Macro, one: Case): Promise<void> {
    if (!macro.actions.some((action) => SPEAKING.includes(action.do))) return this.#tell(macro, await this.#run(macro, one.id));
    await this.#ask(macro, one);
  }

  /** It is asked anew, if that is no more what would be said. */
  async answer(): Promise<void> {
    if (!this.asked) return;
    const { macro, one, shown } = this.asked;
    const ran = await this.#run(macro, one.id, [shown.mark]);
    if (ran.steps.some((step) => step.code === "moved_on")) {
      await this.#ask(macro, one);
      throw new Error(lt("macro.moved_on"));
    }
    this.#tell(macro, ran);
  }

  /** Only of whom is still in sight then. */
  async #ask(macro: Macro, one: Case): Promise<void> {
    const { cases } = await take(api.POST("/api/v1/macros/{macro_id}/preview", { params: { path: { macro_id: macro.id } }, body: { case_ids: [one.id] } }));
    const person = desk.openPerson === null ? undefined : threads.find(desk.openPerson);
    const [shown] = cases;
    this.asked = shown && person?.cases.some(({ id }) => id === one.id) ? { macro, one, name: person.person.display_name, shown } : null;
  }

  async runs(id: Id): Promise<PastRun[]> {
    return (await take(api.GET("/api/v1/macros/{macro_id}/runs", { params: { path: { macro_id: id } } }))).runs;
  }

  /** The feed brings what it changed. */
  async #run(one: Macro, caseId: Id, marks: string[] | null = null): Promise<MacroRun> {
    const tried = `${one.id}/${caseId}`;
    const client_key = this.#keys.get(tried) ?? crypto.randomUUID();
    this.#keys.set(tried, client_key);
    const answer = take(api.POST("/api/v1/macros/{macro_id}/run", { params: { path: { macro_id: one.id } }, body: { case_ids: [caseId], client_key, marks } }));
    const ran = await answer.catch((error: unknown) => {
      if (error instanceof ApiError && !error.isPassing) this.#keys.delete(tried);
      throw error;
    });
    this.#keys.delete(tried);
    return ran;
  }

  #tell(one: Macro, ran: MacroRun): void {
    const failed = ran.steps.find((step) => step.came === "failed");
    if (failed) return toasts.failed(new Error(failed.because || lt("macro.failed", { name: one.name })));
    toasts.undoable(lt("macro.ran", { name: one.name }), () => this.#undo(ran.id));
  }

  async #undo(id: Id): Promise<void> {
    const undone = await take(api.POST("/api/v1/macro-runs/{run_id}/undo", { params: { path: { run_id: id } } }));
    const kept = undone.steps.find((step) => step.came === "kept");
    toasts.show(lt(kept ? "macro.stays" : "macro.undone"));
  }
}

export const macros = new Macros();
desk.whenEnded(() => macros.forget());
