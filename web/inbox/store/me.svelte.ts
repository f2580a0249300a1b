// The agent's own sign-in: password, second factor, places signed in at.
import type { AgentSession, Id, TotpSetup } from "../../shared/api-types";
import { api, done, take } from "./client";
import { session } from "./session.svelte";

class Mine {
  sessions: AgentSession[] = $state.raw([]);

  async loadSessions(): Promise<void> {
    this.sessions = (await take(api.GET("/api/v1/me/sessions"))).sessions;
  }
  async endSession(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/me/sessions/{session_id}", { params: { path: { session_id: id } } }));
    await this.loadSessions();
  }
  changePassword(current: string, fresh: string): Promise<void> {
    return done(api.POST("/api/v1/me/password", { body: { current, new: fresh } }));
  }
  beginTotp(): Promise<TotpSetup> {
    return take(api.POST("/api/v1/me/totp"));
  }
  async confirmTotp(code: string): Promise<void> {
    await done(api.POST("/api/v1/me/totp/confirm", { body: { code } }));
    await session.refresh();
  }
  async endTotp(code: string): Promise<void> {
    await done(api.DELETE("/api/v1/me/totp", { body: { code } }));
    await session.refresh();
  }
}

export const mine = new Mine();

/** The picture of a QR code as an address for `img`: drawn as an image, never parsed into the page. */
export function pictureOf(svg: string): string {
  return `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(svg)))}`;
}
