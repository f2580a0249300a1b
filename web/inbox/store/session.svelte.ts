// Who is at the desk: sign-in, sign-out, the first agent.
import type { Me, Permission } from "../../shared/api-types";
import { LANGUAGES, type Language } from "../../shared/t";
import { api, ApiError, done, setCsrfToken, take, whenSignedOut } from "./client";
import { speech } from "./words.svelte";

export type SessionState = "unknown" | "setup" | "signed_out" | "signed_in" | "unreachable";
export type SetupForm = { token: string; name: string; email: string; password: string };

class Session {
  state: SessionState = $state("unknown");
  me: Me | null = $state.raw(null);

  get agentId(): number {
    return this.me?.agent.id ?? 0;
  }
  can(permission: Permission): boolean {
    return this.me?.permissions.includes(permission) ?? false;
  }
  async begin(): Promise<void> {
    whenSignedOut(() => this.#leave());
    try {
      const { me, setup_is_needed } = await take(api.GET("/api/v1/session"));
      if (me) await this.#enter(me);
      else this.state = setup_is_needed ? "setup" : "signed_out";
    } catch (error) {
      this.state = error instanceof ApiError && error.isPassing ? "unreachable" : "signed_out";
    }
  }

  async signIn(email: string, password: string, totp: string | undefined): Promise<void> {
    await this.#enter(await take(api.POST("/api/v1/login", { body: { email, password, totp } })));
  }

  async setUp(form: SetupForm): Promise<void> {
    await this.#enterFirst(await take(api.POST("/api/v1/setup", { body: form })));
  }

  async accept(form: SetupForm): Promise<void> {
    await this.#enterFirst(await take(api.POST("/api/v1/invitations/accept", { body: form })));
  }

  async signOut(): Promise<void> {
    await done(api.POST("/api/v1/logout"));
    this.#leave();
  }

  async change(changes: { name?: string; language?: Language; signature?: string }): Promise<void> {
    await done(api.PATCH("/api/v1/me", { body: changes }));
    await this.refresh();
  }

  async refresh(): Promise<void> {
    this.me = await take(api.GET("/api/v1/me"));
    setCsrfToken(this.me.csrf_token);
  }

  /** Somebody new: the language in which they read this page is theirs from now on. */
  async #enterFirst(me: Me): Promise<void> {
    const language = speech.language;
    setCsrfToken(me.csrf_token);
    if (me.agent.language !== language) {
      me = await take(api.PATCH("/api/v1/me", { body: { language } })).catch(() => me);
    }
    await this.#enter(me);
  }

  async #enter(me: Me): Promise<void> {
    setCsrfToken(me.csrf_token);
    const language = LANGUAGES.find((one) => one === me.agent.language);
    if (language && language !== speech.language) await speech.change(language, false);
    this.me = me;
    this.state = "signed_in";
  }

  #leave(): void {
    this.me = null;
    setCsrfToken("");
    this.state = "signed_out";
  }
}

export const session = new Session();

/** What the server calls the refusal, or an empty string. */
export function codeOf(error: unknown): string {
  return error instanceof ApiError ? error.code : "";
}

/** The field that the server refused, or an empty string. */
export function fieldOf(error: unknown): string {
  return error instanceof ApiError ? (error.field ?? "") : "";
}
