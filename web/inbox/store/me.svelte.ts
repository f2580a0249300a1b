// The agent's own sign-in: password, second factor, places signed in at.
import type { AgentSession, Id, Totp } from "../../shared/api-types";
import { get, post, remove } from "./client";
import { session } from "./session.svelte";

class Mine {
  sessions: AgentSession[] = $state.raw([]);

  async loadSessions(): Promise<void> {
    this.sessions = (await get<{ sessions: AgentSession[] }>("/me/sessions")).sessions;
  }
  async endSession(id: Id): Promise<void> {
    await remove<void>(`/me/sessions/${id}`);
    await this.loadSessions();
  }
  changePassword(current: string, fresh: string): Promise<void> {
    return post<void>("/me/password", { current, new: fresh });
  }
  beginTotp(): Promise<Totp> {
    return post<Totp>("/me/totp");
  }
  async confirmTotp(code: string): Promise<void> {
    await post<void>("/me/totp/confirm", { code });
    await session.refresh();
  }
  async endTotp(code: string): Promise<void> {
    await remove<void>("/me/totp", { code });
    await session.refresh();
  }
}

export const mine = new Mine();

/** The picture of a QR code as an address for `img`: drawn as an image, never parsed into the page. */
export function pictureOf(svg: string): string {
  return `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(svg)))}`;
}
