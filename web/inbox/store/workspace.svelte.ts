// The desk as a whole: its name, its language, and when somebody is there.
import type { Account, FirstRun, Id, InvitationLink, Workspace } from "../../shared/api-types";
import { api, ApiError, done, take } from "./client";
import { desk } from "./desk.svelte";

class WorkspaceStore {
  current: Workspace | null = $state.raw(null);
  #isFollowed = false;

  /** From then on it follows what others change. */
  async load(): Promise<void> {
    if (!this.#isFollowed) {
      const again = (): void => void this.load().catch(() => undefined);
      desk.listen((event) => event.kind === "workspace.changed" && again(), again);
      this.#isFollowed = true;
    }
    this.current = await take(api.GET("/api/v1/workspace"));
  }

  async save(wanted: Workspace): Promise<void> {
    this.current = await take(api.PUT("/api/v1/workspace", { body: wanted }));
  }

  firstRun(): Promise<FirstRun> {
    return take(api.GET("/api/v1/first-run"));
  }

  /** An account that needs no credentials. */
  addFirstAccount(): Promise<Account> {
    return take(api.POST("/api/v1/first-run/account"));
  }

  invite(): Promise<InvitationLink> {
    return take(api.POST("/api/v1/invitations", { body: { role: "agent" } }));
  }

  /** However often it is asked for with the same key, it is sent once. */
  async answer(personId: Id, text: string, client_key: string): Promise<void> {
    const params = { path: { person_id: personId } };
    const body = { client_key, kind: "reply" as const, text };
    await done(api.POST("/api/v1/conversations/{person_id}/messages", { params, body }));
  }
}

export type Pace = { per_minute: number; most: number; said: number };

/** How busy a demonstration is. Its address is no part of the API: no other desk has it. */
export async function crowd(perMinute?: number): Promise<Pace> {
  const body = perMinute === undefined ? {} : { method: "PUT", body: JSON.stringify({ per_minute: perMinute }), headers: { "Content-Type": "application/json" } };
  const answer = await fetch("/sandbox/crowd", body);
  if (!answer.ok) throw new ApiError(answer.status, "crowd", `HTTP ${answer.status}`);
  return (await answer.json()) as Pace;
}

export const workspace = new WorkspaceStore();
