// @vitest-environment happy-dom
// What stands in the forms of the rota is what is saved, and what they do not show stays.
import { mount, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { RotaInForce, RotaPlan } from "../../../shared/api-types";

let sent: { rota?: RotaPlan } = {};
let sketched: unknown = null;
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method === "PUT") sent = (await request.clone().json()) as typeof sent;
  if (request.url.endsWith("/preview")) sketched = await request.clone().json();
  const body = { rota: {}, revision: 8, duties: [], holidays: [{ day: "2026-12-24", name: "Half", team_ids: [], starts: "12:00", ends: "00:00" }], countries: ["CN", "DE"], regions: [{ code: "BE", name: "Berlin" }] };
  return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
});
const { default: ShiftForm } = await import("./ShiftForm.svelte");
const { default: HolidaysForm } = await import("./HolidaysForm.svelte");
const { shifts } = await import("../../store/shifts.svelte");

const shift = { key: "late", name: "Late", team_id: 1, agent_ids: [1], time_zone: "Asia/Tokyo", starts: "14:00", ends: "22:00", first_day: "2026-01-05", weekdays: "mon", every_weeks: 2, without: ["2026-03-02"] };
const rota = { shifts: [shift], countries: [{ country: "DE", region: "BE", team_ids: [1] }], holidays: [{ day: "2026-12-24", name: "Half", team_ids: [], starts: "12:00", ends: "00:00" }], rest_hours: 9, team_handovers: [{ team_id: 1, policy: "handed_over" }], swaps: "agreed" } as unknown as RotaPlan;
let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  if (shown) await unmount(shown);
  document.body.replaceChildren();
});

function begin(form: unknown): void {
  shifts.inForce = { revision: 7, rota } as unknown as RotaInForce;
  shown = mount(form as Component, { target: document.body, props: { open: true, shiftKey: "late" } });
}
const button = (words: string): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === words);
const field = (words: string): HTMLInputElement | null => {
  const label = [...document.querySelectorAll("label")].find((one) => one.textContent.includes(words));
  return label?.querySelector("input") ?? document.querySelector<HTMLInputElement>(`#${label?.htmlFor ?? ""}`);
};

test("how many weeks lie between is said, looked at before, and saved with all else of the shift", async () => {
  begin(ShiftForm);
  await vi.waitFor(() => expect(field("Every so many weeks")?.value).toBe("2"));
  const weeks = field("Every so many weeks");
  if (weeks) weeks.value = "3";
  weeks?.dispatchEvent(new Event("input", { bubbles: true }));
  button("Show the next ones")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain(", 12:00–24:00: Half"));
  expect(sketched).toMatchObject({ shift: { ...shift, every_weeks: 3 }, countries: rota.countries });
  button("Save")?.click();
  await vi.waitFor(() => expect(sent).toMatchObject({ expect_revision: 7, rota: { ...rota, shifts: [{ ...shift, every_weeks: 3 }] } }));
});

test("holidays that nobody touched are saved as they were, and a country more", async () => {
  begin(HolidaysForm);
  await vi.waitFor(() => expect(button("Add a country")?.disabled).toBe(false));
  button("Add a country")?.click();
  button("Save")?.click();
  await vi.waitFor(() => expect(sent.rota?.countries).toHaveLength(2));
  expect(sent.rota).toEqual({ ...rota, countries: [...(rota.countries ?? []), { country: "CN", region: "", team_ids: [] }] });
});
test("how long agents rest between two shifts is there to change", async () => {
  begin(HolidaysForm);
  await vi.waitFor(() => expect(field("Rest between two shifts, hours")?.value).toBe("9"));
  const rest = field("Rest between two shifts, hours");
  if (rest) rest.value = "8";
  rest?.dispatchEvent(new Event("input", { bubbles: true }));
  button("Save")?.click();
  await vi.waitFor(() => expect(sent.rota).toEqual({ ...rota, rest_hours: 8 }));
});

test("what becomes of open cases is said for a team of its own, and as for all where that is taken back", async () => {
  begin(ShiftForm);
  const ofTeam = (): HTMLSelectElement | null | undefined => [...document.querySelectorAll("label")].find((one) => one.textContent.startsWith("The same, for this team"))?.querySelector("select");
  await vi.waitFor(() => expect(ofTeam()?.value).toBe("handed_over"));
  const select = ofTeam();
  if (select) select.value = "";
  select?.dispatchEvent(new Event("change", { bubbles: true }));
  button("Save")?.click();
  await vi.waitFor(() => expect(sent.rota).toMatchObject({ handover: "stays", team_handovers: [] }));
});
