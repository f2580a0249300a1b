// The agents, their teams, invitations to join, and tokens for programs.
import type { Agent, ApiToken, Id, InvitationLink, Role, Team } from "../../shared/api-types";
import type { components } from "../../shared/api";
import { api, done, take } from "./client";

export const ROLES: readonly Role[] = ["owner", "admin", "supervisor", "agent", "auditor"];
/** A token may be the operator's own site's; nobody signs in as that. */
export const TOKEN_ROLES: readonly Role[] = [...ROLES, "host"];

type TeamChanges = components["schemas"]["TeamChanges"];

class Staff {
  agents: Agent[] = $state.raw([]);
  teams: Team[] = $state.raw([]);
  tokens: ApiToken[] = $state.raw([]);

  async loadAgents(): Promise<void> {
    this.agents = (await take(api.GET("/api/v1/agents"))).agents;
  }
  async loadTeams(): Promise<void> {
    this.teams = (await take(api.GET("/api/v1/teams"))).teams;
  }
  async loadTokens(): Promise<void> {
    this.tokens = (await take(api.GET("/api/v1/tokens"))).tokens;
  }

  async changeAgent(id: Id, changes: { role?: Role; is_active?: boolean; name?: string }): Promise<void> {
    await done(api.PATCH("/api/v1/agents/{agent_id}", { params: { path: { agent_id: id } }, body: changes }));
    await this.loadAgents();
  }

  /** A link by which they set another. Those made before are good no longer. */
  renewPassword(id: Id): Promise<InvitationLink> {
    return take(api.POST("/api/v1/agents/{agent_id}/reset", { params: { path: { agent_id: id } } }));
  }

  async dropTotp(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/agents/{agent_id}/totp", { params: { path: { agent_id: id } } }));
    await this.loadAgents();
  }

  invite(email: string, role: Role): Promise<InvitationLink> {
    return take(api.POST("/api/v1/invitations", { body: { role, ...(email && { email }) } }));
  }

  async addTeam(name: string, member_ids: Id[] = []): Promise<void> {
    await done(api.POST("/api/v1/teams", { body: { name, member_ids } }));
    await this.loadTeams();
  }

  async changeTeam(id: Id, changes: TeamChanges): Promise<void> {
    const params = { path: { team_id: id } };
    await done(api.PATCH("/api/v1/teams/{team_id}", { params, body: changes }));
    await this.loadTeams();
  }

  async removeTeam(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/teams/{team_id}", { params: { path: { team_id: id } } }));
    await this.loadTeams();
  }

  /** `until`: its last day, as 2026-06-01; empty: it never ends. */
  async addToken(name: string, role: Role, until = ""): Promise<string> {
    const expires_at = until ? new Date(`${until}T23:59:59`).toISOString() : null;
    const { token } = await take(api.POST("/api/v1/tokens", { body: { name, role, expires_at } }));
    await this.loadTokens();
    return token;
  }

  async removeToken(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: id } } }));
    await this.loadTokens();
  }
}

export const staff = new Staff();
