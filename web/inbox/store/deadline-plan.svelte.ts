// The plan of deadlines: policies in order and calendars, saved whole in the place of the one that was read.
import type { DeadlinePlan, NamedCalendar, PlanInForce, PlanVersion } from "../../shared/api-types";
import { api, ApiError, take } from "./client";
import { desk } from "./desk.svelte";
import { isShiftKey, w } from "./shift-words.svelte";

/** A calendar as its form has it: lines of text. */
export type CalendarLines = { hours: string; holidays: string };

class DeadlinePlans {
  inForce: PlanInForce | null = $state.raw(null);
  #isFollowed = false;
  #turn = 0;

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      const again = (): void => void (this.inForce && this.load().catch(() => undefined));
      desk.listen((event) => event.kind === "workspace.changed" && again(), again);
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const inForce = await take(api.GET("/api/v1/deadline-plan"));
    if (turn === this.#turn) this.inForce = inForce;
  }

  /** In the place of this revision: what others changed meanwhile is never undone unseen. Raises why not, in words. */
  async save(plan: DeadlinePlan, revision: number): Promise<void> {
    try {
      const inForce = await take(api.PUT("/api/v1/deadline-plan", { body: { plan, expect_revision: revision } }));
      this.#turn += 1;
      this.inForce = inForce;
    } catch (error) {
      if (error instanceof ApiError && error.code === "moved_on") {
        await this.load();
        throw new Error(w("dl_moved_on"), { cause: error });
      }
      if (error instanceof ApiError && error.code === "bad_plan") throw new Error(whyRefused(error), { cause: error });
      throw error;
    }
  }

  /** Newest first. */
  async versions(): Promise<PlanVersion[]> {
    return (await take(api.GET("/api/v1/deadline-plan/versions"))).versions;
  }

  forget(): void {
    this.#turn += 1;
    this.inForce = null;
  }
}

/** Why a plan cannot be, in the reader's language; else as the server says it. */
export function whyRefused({ more, detail }: ApiError): string {
  const key = `dl_why_${String(more.why)}`;
  return isShiftKey(key) ? w(key, { about: String(more.about ?? "") }) : detail;
}

/** Its hours and holidays, one in a line. */
export function toLines(calendar: NamedCalendar | undefined): CalendarLines {
  return {
    hours: (calendar?.hours ?? []).map((one) => `${one.days} ${one.opens}-${one.closes}`).join("\n"),
    holidays: (calendar?.holidays ?? []).map((one) => `${one.day} ${one.name ?? ""}`.trim()).join("\n"),
  };
}

/** Raises which line cannot be read. */
export function ofLines(lines: CalendarLines): Pick<NamedCalendar, "hours" | "holidays"> {
  const read = <Made>(text: string, shape: RegExp, make: (found: string[]) => Made): Made[] =>
    text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
      const found = shape.exec(line);
      if (!found) throw new Error(w("dl_bad_line", { line }));
      return make(found.map((one) => one ?? ""));
    });
  return {
    hours: read(lines.hours.toLowerCase(), /^([a-z, -]+?)\s+(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)$/, ([, days = "", opens = "", closes = ""]) => ({ days: days.replaceAll(" ", ""), opens, closes })),
    holidays: read(lines.holidays, /^(\d{4}-\d\d-\d\d)(?:\s+(.*))?$/, ([, day = "", name = ""]) => ({ day, name })),
  };
}

export const deadlinePlans = new DeadlinePlans();
desk.whenEnded(() => deadlinePlans.forget());
