// The one door to /api/v1. Only stores come through it.

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly field: string | null = null,
    readonly more: Record<string, unknown> = {},
  ) {
    super(detail);
  }
  /** The server was not reached, or is not well: trying again may help. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;
type Options = { query?: Query; body?: unknown; signal?: AbortSignal };

let csrfToken = "";
let onSignedOut: () => void = () => {};

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

export function whenSignedOut(react: () => void): void {
  onSignedOut = react;
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return call<T>("GET", path, { query, signal });
}
export function post<T>(path: string, body?: unknown, query?: Query): Promise<T> {
  return call<T>("POST", path, { body, query });
}
export function put<T>(path: string, body: unknown): Promise<T> {
  return call<T>("PUT", path, { body });
}
export function patch<T>(path: string, body: unknown): Promise<T> {
  return call<T>("PATCH", path, { body });
}
export function remove<T>(path: string, body?: unknown): Promise<T> {
  return call<T>("DELETE", path, { body });
}

export function address(path: string, query?: Query): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `/api/v1${path}${search ? `?${search}` : ""}`;
}

async function call<T>(method: string, path: string, { query, body, signal }: Options): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrfToken) headers["X-CSRF-Token"] = csrfToken;
  let answer: Response;
  try {
    answer = await fetch(address(path, query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(30_000),
      credentials: "same-origin",
    });
  } catch (error) {
    throw new ApiError(0, "unreachable", error instanceof Error ? error.message : String(error));
  }
  if (answer.status === 204) return undefined as T;
  const read: unknown = await answer.json().catch(() => null);
  if (answer.ok) return read as T;
  throw refused(answer.status, read);
}

function refused(status: number, read: unknown): ApiError {
  const said = (typeof read === "object" && read !== null ? read : {}) as Record<string, unknown>;
  const code = typeof said.code === "string" ? said.code : `http_${status}`;
  const detail = typeof said.detail === "string" ? said.detail : `HTTP ${status}`;
  if (status === 401 && code !== "totp_required" && code !== "refused") onSignedOut();
  return new ApiError(status, code, detail, typeof said.field === "string" ? said.field : null, said);
}

/** Sends a file's bytes and tells how far it got. Fetch cannot; only XMLHttpRequest counts what left. */
export function upload<T>(
  path: string,
  query: Query,
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(path, query));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (csrfToken) request.setRequestHeader("X-CSRF-Token", csrfToken);
    request.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    request.onerror = () => reject(new ApiError(0, "unreachable", "The upload was cut off."));
    request.onabort = () => reject(new ApiError(0, "aborted", ""));
    request.onload = () => {
      let read: unknown = null;
      try {
        read = JSON.parse(request.responseText);
      } catch {
        // Not JSON: a proxy in between answered. The status says enough.
      }
      if (request.status >= 200 && request.status < 300) resolve(read as T);
      else reject(refused(request.status, read));
    };
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
