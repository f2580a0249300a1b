// The one door to /api/v1, typed by the server's own OpenAPI. Only stores come through it.
import createClient from "openapi-fetch";
import type { paths } from "../../shared/api";

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

const TIMEOUT = 30_000;
const UNSIGNED = new Set(["totp_required", "refused"]);
let csrfToken = "";
let onSignedOut: () => void = () => {};

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** Called when the server says that nobody is signed in any more. */
export function whenSignedOut(react: () => void): void {
  onSignedOut = react;
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  querySerializer: { array: { style: "form", explode: false } },
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]) }),
});
api.use({
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** What the server gave. Raises ApiError if it refused or was not reached. */
export async function take<T>(call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const answer = await settle(call);
  return answer.data as NonNullable<T>;
}

/** The same for what gives nothing back. */
export async function done(call: Promise<Answer<unknown>>): Promise<void> {
  await settle(call);
}

async function settle<T>(call: Promise<Answer<T>>): Promise<Answer<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    throw new ApiError(0, "unreachable", error instanceof Error ? error.message : String(error));
  }
  if (!answer.response.ok) throw refused(answer.response.status, answer.error);
  return answer;
}

function refused(status: number, read: unknown): ApiError {
  const said = (typeof read === "object" && read !== null ? read : {}) as Record<string, unknown>;
  const code = typeof said.code === "string" ? said.code : `http_${status}`;
  const detail = typeof said.detail === "string" ? said.detail : `HTTP ${status}`;
  if (status === 401 && !UNSIGNED.has(code)) onSignedOut();
  return new ApiError(status, code, detail, typeof said.field === "string" ? said.field : null, said);
}

/** An address under /api/v1, for what the browser itself fetches: pictures, frames, the socket. */
export function address(path: string, query: Record<string, string | number> = {}): string {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
  return `/api/v1${path}${search ? `?${search}` : ""}`;
}

/** Sends a file's bytes and tells how far it got. Fetch cannot; only XMLHttpRequest counts what left. */
export function upload<T>(
  path: string,
  query: Record<string, string>,
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
