// How wide the panes of the inbox are: within bounds, and kept for who sits at this browser. Pure but for what is kept.
export type Pane = "views" | "list" | "person";
export type Widths = Record<Pane, number>;

/** Least, usual and most, in pixels. */
export const BOUNDS: Readonly<Record<Pane, readonly [number, number, number]>> = {
  views: [150, 188, 300],
  list: [290, 350, 560],
  person: [270, 310, 480],
};
/** The conversation is never narrower than this. */
export const LEAST_LEFT = 420;
export const STEP = 16;
const KEPT = "onethread.panes";
const PANES = Object.keys(BOUNDS) as Pane[];

export function usual(): Widths {
  return { views: BOUNDS.views[1], list: BOUNDS.list[1], person: BOUNDS.person[1] };
}

/** What was kept; whatever in it is no width counts as the usual one. */
export function readWidths(kept: string | null): Widths {
  let found: unknown;
  try {
    found = JSON.parse(kept ?? "");
  } catch {
    return usual();
  }
  const widths = usual();
  if (typeof found !== "object" || found === null) return widths;
  for (const pane of PANES) {
    const width = (found as Partial<Record<Pane, unknown>>)[pane];
    if (typeof width === "number" && Number.isFinite(width)) widths[pane] = within(pane, width);
  }
  return widths;
}

export function keptWidths(): Widths {
  return readWidths(localStorage.getItem(KEPT));
}

export function keepWidths(widths: Widths): void {
  localStorage.setItem(KEPT, JSON.stringify(widths));
}

export function within(pane: Pane, width: number): number {
  const [least, , most] = BOUNDS[pane];
  return Math.round(Math.min(most, Math.max(least, width)));
}

/** One pane wider or narrower, as far as its bounds and what stands beside it allow. */
export function resized(widths: Widths, pane: Pane, width: number, shown: readonly Pane[], whole: number): Widths {
  const others = shown.filter((one) => one !== pane).reduce((sum, one) => sum + widths[one], 0);
  const room = Math.max(BOUNDS[pane][0], whole - others - LEAST_LEFT);
  return { ...widths, [pane]: within(pane, Math.min(width, room)) };
}

/** What a key at the edge of a pane asks for; null: nothing. `isAfter`: the pane lies behind its edge. */
export function widthByKey(key: string, pane: Pane, width: number, isAfter: boolean, isRtl: boolean): number | null {
  const [least, first, most] = BOUNDS[pane];
  const by = isAfter === isRtl ? STEP : -STEP;
  switch (key) {
    case "ArrowRight":
      return width + by;
    case "ArrowLeft":
      return width - by;
    case "Home":
      return least;
    case "End":
      return most;
    case "Enter":
      return first;
    default:
      return null;
  }
}
