// Parts that the desk opens without: fetched while nothing else happens, so that they are there when they are asked for.
import { withWords } from "./part-words.svelte";

const PARTS: readonly (() => Promise<unknown>)[] = [
  // What a conversation is opened with.
  () => import("../editor/editor"),
  () => import("../parts/PersonPanel.svelte"),
  () => import("../../shared/ui/MenuList.svelte"),
  () => import("../../shared/ui/PopPanel.svelte"),
  () => import("../parts/Palette.svelte"),
  () => import("../parts/FilterBar.svelte"),
  () => import("../parts/PlaceList.svelte"),
  () => import("../parts/KeyList.svelte"),
  () => import("../parts/PlaceContext.svelte"),
  () => import("../screens/People.svelte"),
  withWords(() => import("../screens/Connectors.svelte")),
  withWords(() => import("../screens/Settings.svelte")),
];

/** Fetch them one after another, each in a moment of rest. What fails is fetched again when it is needed. */
export function fetchAhead(parts: readonly (() => Promise<unknown>)[] = PARTS): void {
  const [first, ...rest] = parts;
  if (!first) return;
  whenIdle(() => void first().catch(() => undefined).finally(() => fetchAhead(rest)));
}

/** Safari has no idle callback. */
export function whenIdle(run: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(run, { timeout: 3000 });
  else setTimeout(run, 200);
}
