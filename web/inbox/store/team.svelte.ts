// The agents, their teams, invitations to join, and tokens for programs.
import type { Agent, ApiToken, Id, Role, Team } from "../../shared/api-types";
import { get, patch, post, remove } from "./client";

export const ROLES: readonly Role[] = ["owner", "admin", "supervisor", "agent", "auditor"];

class Staff {
  agents: Agent[] = $state.raw([]);
  teams: Team[] = $state.raw([]);
  tokens: ApiToken[] = $state.raw([]);

  async loadAgents(): Promise<void> {
    this.agents = (await get<{ agents: Agent[] }>("/agents")).agents;
  }
  async loadTeams(): Promise<void> {
    this.teams = (await get<{ teams: Team[] }>("/teams")).teams;
  }
  async loadTokens(): Promise<void> {
    this.tokens = (await get<{ tokens: ApiToken[] }>("/tokens")).tokens;
  }

  async changeAgent(id: Id, changes: { role?: Role; is_active?: boolean; name?: string }): Promise<void> {
    await patch<unknown>(`/agents/${id}`, changes);
    await this.loadAgents();
  }

  invite(email: string, role: Role): Promise<{ url: string; expires_at: string }> {
    return post("/invitations", { email: email || null, role });
  }

  async addTeam(name: string): Promise<void> {
    await post<unknown>("/teams", { name, member_ids: [], access_classes: [] });
    await this.loadTeams();
  }

  async changeTeam(team: Team, changes: Partial<Omit<Team, "id">>): Promise<void> {
    const { name, member_ids, access_classes } = { ...team, ...changes };
    await patch<unknown>(`/teams/${team.id}`, { name, member_ids, access_classes });
    await this.loadTeams();
  }

  async removeTeam(id: Id): Promise<void> {
    await remove<void>(`/teams/${id}`);
    await this.loadTeams();
  }

  async addToken(name: string, role: Role): Promise<string> {
    const { token } = await post<{ token: string }>("/tokens", { name, role });
    await this.loadTokens();
    return token;
  }

  async removeToken(id: Id): Promise<void> {
    await remove<void>(`/tokens/${id}`);
    await this.loadTokens();
  }
}

export const staff = new Staff();
