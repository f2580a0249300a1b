// @vitest-environment happy-dom
// What stands in the forms of the rota is what is saved, and what they do not show stays.
import { mount, unmount, type Component } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { RotaInForce, RotaPlan } from "../../../shared/api-types";

let sent: { rota?: RotaPlan; accept?: boolean } = {};
let sketched: unknown = null;
let checked: unknown = null;
let isStopped = false;
vi.stubGlobal("fetch", async (request: Request) => {
  if (request.method === "PUT") sent = (await request.clone().json()) as typeof sent;
  if (request.url.endsWith("/preview")) sketched = await request.clone().json();
  if (request.url.endsWith("/check")) checked = await request.clone().json();
  if (request.method === "PUT" && isStopped) return new Response(JSON.stringify({ code: "rota_has_faults", detail: "No", holes: 0, clashes: 1 }), { status: 409, headers: { "Content-Type": "application/problem+json" } });
  const holes = [{ cover: "Nights", starts: "2026-11-24T20:00:00Z", ends: "2026-11-25T08:00:00Z", on_duty: 1, wanted: 2 }];
  const body = { rota: {}, revision: 8, holes, clashes: [], more: 0, duties: [], holidays: [{ day: "2026-12-24", name: "Half", team_ids: [], starts: "12:00", ends: "00:00" }], countries: ["CN", "DE"], regions: [{ code: "BE", name: "Berlin" }] };
  return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
});
const { default: ShiftForm } = await import("./ShiftForm.svelte");
const { default: HolidaysForm } = await import("./HolidaysForm.svelte");
const { shifts } = await import("../../store/shifts.svelte");
const { staff } = await import("../../store/team.svelte");

const shift = { key: "late", name: "Late", team_id: 1, agent_ids: [1], time_zone: "Asia/Tokyo", starts: "14:00", ends: "22:00", first_day: "2026-01-05", weekdays: "mon", every_weeks: 2, without: ["2026-03-02"] };
const cover = { name: "Nights", team_ids: [1], time_zone: "Asia/Tokyo", weekdays: "mon-sun", opens: "20:00", closes: "08:00", at_least: 2 };
const rota = { shifts: [shift], countries: [{ country: "DE", region: "BE", team_ids: [1] }], holidays: [{ day: "2026-12-24", name: "Half", team_ids: [], starts: "12:00", ends: "00:00" }], rest_hours: 9, covers: [cover], team_handovers: [{ team_id: 1, policy: "handed_over" }], swaps: "agreed" } as unknown as RotaPlan;
let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  if (shown) await unmount(shown);
  isStopped = false;
  staff.agents = [];
  document.body.replaceChildren();
});

function begin(form: unknown): void {
  shifts.inForce = { revision: 7, rota } as unknown as RotaInForce;
  shown = mount(form as Component, { target: document.body, props: { open: true, shiftKey: "late" } });
}
function put(into: HTMLInputElement | null | undefined, value: string): void {
  if (into) into.value = value;
  into?.dispatchEvent(new Event("input", { bubbles: true }));
}
const button = (words: string): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === words);
const field = (words: string): HTMLInputElement | null => {
  const label = [...document.querySelectorAll("label")].find((one) => one.textContent.includes(words));
  return label?.querySelector("input") ?? document.querySelector<HTMLInputElement>(`#${label?.htmlFor ?? ""}`);
};

test("how many weeks lie between is said, looked at before, and saved with all else of the shift", async () => {
  begin(ShiftForm);
  await vi.waitFor(() => expect(field("Every so many weeks")?.value).toBe("2"));
  put(field("Every so many weeks"), "3");
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

test("how many must be on duty when, and how long agents rest, are there to change, to add to and to remove", async () => {
  begin(HolidaysForm);
  await vi.waitFor(() => expect(field("Rest between two shifts, hours")?.value).toBe("9"));
  expect(field("At least so many")?.value).toBe("2");
  put(field("Rest between two shifts, hours"), "8");
  put(field("At least so many"), "3");
  field("Sun")?.click();
  button("Add hours")?.click();
  const named = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("input[maxlength='80']")];
  await vi.waitFor(() => expect(named()).toHaveLength(3));
  put(named()[2], "Always");
  button("Save")?.click();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const always = { name: "Always", team_ids: [], time_zone: zone, weekdays: "mon-sun", opens: "00:00", closes: "00:00", at_least: 1 };
  const changed = { ...cover, at_least: 3, weekdays: "mon,tue,wed,thu,fri,sat" };
  await vi.waitFor(() => expect(sent.rota).toEqual({ ...rota, rest_hours: 8, covers: [changed, always] }));
});

test("what would be wrong is shown before it is saved, and no more once a row is other; hours of no day are not saved", async () => {
  begin(HolidaysForm);
  await vi.waitFor(() => expect(button("Check the rota")?.disabled).toBe(false));
  button("Check the rota")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("Nights: 1 of 2 on duty from"));
  expect(checked).toEqual(rota);
  put(field("At least so many"), "1");
  await vi.waitFor(() => expect(document.body.textContent).not.toContain("Nights: 1 of 2"));

  for (const one of document.querySelectorAll<HTMLInputElement>(".narrow input")) one.click();
  await vi.waitFor(() => expect([button("Check the rota")?.disabled, button("Save")?.disabled]).toEqual([true, true]));
  [...document.querySelectorAll("button")].findLast((one) => one.textContent.trim() === "Remove")?.click();
  await vi.waitFor(() => expect(button("Save")?.disabled).toBe(false));
  button("Save")?.click();
  await vi.waitFor(() => expect(sent.rota).toEqual({ ...rota, covers: [] }));
});

test("of a shift that is not saved it is shown what would be wrong with the rota that has it", async () => {
  begin(ShiftForm);
  await vi.waitFor(() => expect(button("Check the rota")?.disabled).toBe(false));
  put(field("Every so many weeks"), "3");
  button("Check the rota")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("Nights: 1 of 2 on duty from"));
  expect(checked).toMatchObject({ ...rota, shifts: [{ ...shift, every_weeks: 3 }] });
});

test("the next holidays that were shown are gone once they are those of another country", async () => {
  begin(HolidaysForm);
  await vi.waitFor(() => expect(button("Add a country")?.disabled).toBe(false));
  button("Show the next ones")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain(", 12:00–24:00: Half"));
  const country = document.querySelector("select");
  if (country) country.value = "CN";
  country?.dispatchEvent(new Event("change", { bubbles: true }));
  await vi.waitFor(() => expect(document.body.textContent).not.toContain(", 12:00–24:00: Half"));
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

test.each([
  ["rules of the rota", HolidaysForm, "Rest between two shifts, hours"],
  ["a shift", ShiftForm, "Every so many weeks"],
])("a yes to what was stopped is not one to what is changed after it: %s", async (_, form, changed) => {
  isStopped = true;
  begin(form);
  const yes = (): HTMLInputElement | null => document.querySelector(".bad input");
  await vi.waitFor(() => expect(field(changed)?.value).toMatch(/^\d/u));
  button("Save")?.click();
  await vi.waitFor(() => expect(yes()).not.toBeNull());
  yes()?.click();
  button("Save")?.click();
  await vi.waitFor(() => expect(sent.accept).toBe(true));
  put(field(changed), "7");
  await vi.waitFor(() => expect(yes()).toBeNull());
  button("Save")?.click();
  await vi.waitFor(() => expect(sent.accept).toBe(false));
});

test("a yes to a shift as it is changed is not one to removing it", async () => {
  isStopped = true;
  begin(ShiftForm);
  const yes = (): HTMLInputElement | null => document.querySelector(".bad input");
  await vi.waitFor(() => expect(button("Save")?.disabled).toBe(false));
  button("Save")?.click();
  await vi.waitFor(() => expect(yes()).not.toBeNull());
  yes()?.click();
  await vi.waitFor(() => expect(yes()?.checked).toBe(true));
  sent = {};
  button("Remove this shift")?.click();
  await vi.waitFor(() => expect(sent.accept).toBe(false));
  await vi.waitFor(() => expect(yes()?.checked).toBe(false));
});

test("a rota in which something is empty is not checked as if 0 stood there", async () => {
  begin(HolidaysForm);
  await vi.waitFor(() => expect(button("Check the rota")?.disabled).toBe(false));
  for (const [words, value] of [["Rest between two shifts, hours", "9"], ["At least so many", "2"]] as const) {
    put(field(words), "");
    await vi.waitFor(() => expect(button("Check the rota")?.disabled).toBe(true));
    put(field(words), value);
    await vi.waitFor(() => expect(button("Check the rota")?.disabled).toBe(false));
  }
});

test("a shift is saved without whoever left, as nobody could untick them", async () => {
  staff.agents = [{ id: 1, name: "Ana", is_active: false }, { id: 2, name: "Bartholomew", is_active: true }] as unknown as typeof staff.agents;
  begin(ShiftForm);
  await vi.waitFor(() => expect(button("Save")?.disabled).toBe(true));
  field("Bartholomew")?.click();
  await vi.waitFor(() => expect(button("Save")?.disabled).toBe(false));
  button("Save")?.click();
  await vi.waitFor(() => expect(sent.rota?.shifts?.[0]?.agent_ids).toEqual([2]));
});
