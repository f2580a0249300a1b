// The rota and the duties of the week that is looked at, followed as others change them.
import type { CalendarFeed, ChangedDuty, Duties, Findings, PlannedShift, Region, RotaInForce, RotaPlan, RotaPreview, RotaSketch, ShiftSwap, ShownDuty } from "../../shared/api-types";
import { api, done, take } from "./client";
import { desk } from "./desk.svelte";
import { mondayOf, plusDays } from "./shift-week";
import { Soon } from "./soon";

const path = (duty: ShownDuty): { path: { shift: string; day: string } } => ({ path: { shift: duty.shift, day: duty.day } });

class ShiftsStore {
  inForce: RotaInForce | null = $state.raw(null);
  week: Duties | null = $state.raw(null);
  /** Null: not known yet. */
  onDuty: ShownDuty[] | null = $state.raw(null);
  monday: Date = $state.raw(mondayOf(new Date()));
  calendars: CalendarFeed[] = $state.raw([]);
  #isFollowed = false;
  #turn = 0;
  #dutyTurn = 0;
  readonly #soon = new Soon(() => void this.load().catch(() => undefined));

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      const again = (): void => void (this.inForce && this.#soon.ask());
      desk.listen((event) => event.kind === "rota.changed" && again(), again);
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    // A day more on both sides: in its own zone a shift may stand on another day.
    const query = { since: plusDays(this.monday, -1).toISOString(), until: plusDays(this.monday, 8).toISOString() };
    const [inForce, week] = await Promise.all([take(api.GET("/api/v1/rota")), take(api.GET("/api/v1/rota/duties", { params: { query } }))]);
    if (turn !== this.#turn) return;
    this.inForce = inForce;
    this.week = week;
  }

  /** Who works now. */
  async loadOnDuty(): Promise<void> {
    const turn = (this.#dutyTurn += 1);
    const { duties } = await take(api.GET("/api/v1/rota/on-duty"));
    if (turn === this.#dutyTurn) this.onDuty = duties;
  }

  /** So many weeks on; 0: back to this one. */
  async turn(weeks: number): Promise<void> {
    this.monday = weeks ? plusDays(this.monday, 7 * weeks) : mondayOf(new Date());
    await this.load();
  }

  forget(): void {
    this.#soon.stop();
    this.#turn += 1;
    this.#dutyTurn += 1;
    this.inForce = this.week = this.onDuty = null;
    this.calendars = [];
  }

  /** In the place of that revision: whoever changed another one meanwhile is not undone. */
  async save(rota: RotaPlan, accept: boolean, revision: number): Promise<void> {
    const body = { rota, accept, expect_revision: revision };
    await take(api.PUT("/api/v1/rota", { body }));
    await this.load();
  }

  /** The rota with this shift in the place of the one that has its key, or behind the others; null: without it. */
  with(rota: RotaPlan, key: string, shift: PlannedShift | null): RotaPlan {
    const others = (rota.shifts ?? []).filter((one) => one.key !== key);
    return { ...rota, shifts: shift ? [...others, shift] : others };
  }

  async change(duty: ShownDuty, body: ChangedDuty): Promise<void> {
    await done(api.PUT("/api/v1/rota/duties/{shift}/{day}", { params: path(duty), body }));
    await this.load();
  }

  async restore(duty: ShownDuty, accept: boolean): Promise<void> {
    await done(api.DELETE("/api/v1/rota/duties/{shift}/{day}", { params: { ...path(duty), ...(accept && { query: { accept } }) } }));
    await this.load();
  }

  async swap(body: ShiftSwap): Promise<void> {
    await done(api.POST("/api/v1/rota/swaps", { body }));
    await this.load();
  }

  async preview(body: RotaSketch): Promise<RotaPreview> {
    return take(api.POST("/api/v1/rota/preview", { body }));
  }

  /** What would be wrong with it. Nothing is kept. */
  async check(body: RotaPlan): Promise<Findings> {
    return take(api.POST("/api/v1/rota/check", { body }));
  }

  /** Whose holidays are known. */
  async countries(): Promise<string[]> {
    return (await take(api.GET("/api/v1/rota/countries"))).countries;
  }

  async regions(country: string): Promise<Region[]> {
    return (await take(api.GET("/api/v1/rota/countries/{country}", { params: { path: { country } } }))).regions;
  }

  async read(text: string, teamId: number, agentIds: number[], zone: string): Promise<PlannedShift[]> {
    const body = { text, kind: "shifts" as const, team_id: teamId, agent_ids: agentIds, time_zone: zone };
    return (await take(api.POST("/api/v1/rota/calendars/read", { body }))).shifts ?? [];
  }

  async loadCalendars(): Promise<void> {
    this.calendars = (await take(api.GET("/api/v1/rota/calendars"))).feeds;
  }

  /** The address, told this once. */
  async makeCalendar(teamId: number | null): Promise<string> {
    const made = await take(api.POST("/api/v1/rota/calendars", { body: { team_id: teamId } }));
    await this.loadCalendars();
    return new URL(made.path, location.origin).href;
  }

  async revoke(id: number): Promise<void> {
    await done(api.DELETE("/api/v1/rota/calendars/{calendar_id}", { params: { path: { calendar_id: id } } }));
    await this.loadCalendars();
  }

}

export const shifts = new ShiftsStore();
desk.whenEnded(() => shifts.forget());
