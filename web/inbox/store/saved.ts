// What agents do with saved views: keep, change, move, drop.
import type { Id, SavedView, SavedViewBody, ViewKey } from "../../shared/api-types";
import { api, done, take } from "./client";
import { moved } from "./ordering";
import { session } from "./session.svelte";

export function keepView(body: SavedViewBody, id?: Id): Promise<SavedView> {
  if (id === undefined) return take(api.POST("/api/v1/views", { body }));
  return take(api.PUT("/api/v1/views/{view_id}", { params: { path: { view_id: id } }, body }));
}

export function dropView(id: Id): Promise<void> {
  return done(api.DELETE("/api/v1/views/{view_id}", { params: { path: { view_id: id } } }));
}

export function restoreView(id: Id): Promise<void> {
  return done(api.POST("/api/v1/views/{view_id}/restore", { params: { path: { view_id: id } } }));
}

/** One step up or down among those that this agent may change: their places are numbered anew. */
export async function moveView(all: readonly SavedView[], at: number, by: -1 | 1): Promise<void> {
  for (const [place, one] of moved(all, at, by).entries()) {
    if (one.position === place + 1 || !one.may_change) continue;
    const { name, query, icon, sort, scope } = one;
    await keepView({ name, query, icon, sort, scope, team_id: one.team?.id ?? null, position: place + 1 }, one.id);
  }
}

/** The view that the inbox opens with, for this agent wherever they sign in. */
export async function openWith(view: ViewKey): Promise<void> {
  const settings = { ...session.me?.agent.settings, first_view: view };
  await done(api.PATCH("/api/v1/me", { body: { settings } }));
  await session.refresh();
}
