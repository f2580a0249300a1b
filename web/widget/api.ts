import type { Ack, CatchUp, Config, Draft, FileView, Page, Session } from "./frames";

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

/** How far a file has come; `file` once it is whole. */
export interface Progress {
  received: number;
  size: number;
  file: FileView | null;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const PATIENCE = 20_000;
const PIECE_PATIENCE = 120_000;

/** One account's visitor interface. No cookie is ever sent or taken. */
export class Api {
  constructor(readonly base: string) {}

  config = () => this.json<Config>("config");
  open = (body: { token?: string; attestation?: string; language?: string }) =>
    this.json<Session>("session", { method: "POST", body: JSON.stringify(body), headers: JSON_TYPE });
  logout = (token: string) => this.ask("logout", { method: "POST" }, token);
  read = (token: string, after?: number) =>
    this.json<CatchUp>(after === undefined ? "messages" : `messages?after=${after}`, {}, token);
  earlier = (token: string, before: number) => this.json<Page>(`history?before=${before}`, {}, token);
  file = async (token: string, id: number) => (await this.ask(`files/${id}`, {}, token)).blob();

  say(token: string, draft: Draft): Promise<Ack> {
    const { client_id, text, files, at, answers } = draft;
    const body = { client_id, text, attachment_ids: files.map((file) => file.id), sent_at: at, answers };
    return this.json("messages", { method: "POST", body: JSON.stringify(body), headers: JSON_TYPE }, token);
  }

  signal(token: string, body: object): Promise<Response> {
    return this.ask("signals", { method: "POST", body: JSON.stringify(body), headers: JSON_TYPE }, token);
  }

  beginUpload(
    token: string,
    body: { name: string; size: number; media_type: string; sha256?: string },
  ): Promise<{ key: string }> {
    return this.json("uploads/pieces", { method: "POST", body: JSON.stringify(body), headers: JSON_TYPE }, token);
  }

  uploadProgress = (token: string, key: string) => this.json<Progress>(`uploads/pieces/${key}`, {}, token);

  addPiece(token: string, key: string, offset: number, piece: Blob): Promise<Progress> {
    const headers = { "Content-Type": "application/octet-stream" };
    const init = { method: "PATCH", body: piece, headers };
    return this.json(`uploads/pieces/${key}?offset=${offset}`, init, token, PIECE_PATIENCE);
  }

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

  private async json<T>(path: string, init?: RequestInit, token?: string, patience?: number): Promise<T> {
    return (await (await this.ask(path, init, token, patience)).json()) as T;
  }
}
