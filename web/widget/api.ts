import type { Ack, CatchUp, Config, Draft, Page, Session } from "./frames";

/** The desk refused, or is not there (`status` 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfter: number,
  ) {
    super(detail);
  }

  /** The same request may go well later. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const PATIENCE = 20_000;

const posted = (body: object) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});

/** One account's visitor interface. No cookie is ever sent or taken. */
export class Api {
  constructor(readonly base: string) {}

  config = () => this.json<Config>("config");
  open = (body: { token?: string; attestation?: string; language?: string }) => this.post<Session>("session", body);
  logout = (token: string) => this.ask("logout", { method: "POST" }, token);
  read = (token: string, after?: number) =>
    this.json<CatchUp>(after === undefined ? "messages" : `messages?after=${after}`, {}, token);
  earlier = (token: string, before: number) => this.json<Page>(`history?before=${before}`, {}, token);
  file = async (token: string, id: number) => (await this.ask(`files/${id}`, {}, token)).blob();
  signal = (token: string, body: object) => this.ask("signals", posted(body), token);

  say(token: string, { client_id, text, files, at, answers }: Draft): Promise<Ack> {
    const attachment_ids = files.map((file) => file.id);
    return this.post("messages", { client_id, text, attachment_ids, sent_at: at, answers }, token);
  }

  post = <T>(path: string, body: object, token?: string) => this.json<T>(path, posted(body), token);

  async ask(path: string, init: RequestInit = {}, token?: string, patience = PATIENCE): Promise<Response> {
    const headers: Record<string, string> = { ...(init.headers as Record<string, string>) };
    if (token) headers.Authorization = `Bearer ${token}`;
    let answer: Response;
    try {
      const signal = init.signal ?? AbortSignal.timeout(patience);
      answer = await fetch(`${this.base}/${path}`, { ...init, headers, signal, credentials: "omit" });
    } catch {
      throw new Refused(0, "unreachable", "", 0);
    }
    if (answer.ok) return answer;
    const said = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
    const wait = Number(answer.headers.get("Retry-After")) || 0;
    throw new Refused(answer.status, said.code ?? "refused", said.detail ?? "", wait);
  }

  async json<T>(path: string, init?: RequestInit, token?: string, patience?: number): Promise<T> {
    return (await (await this.ask(path, init, token, patience)).json()) as T;
  }
}
