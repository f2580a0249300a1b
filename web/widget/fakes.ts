import { vi } from "vitest";

/** For tests: every socket that was opened, and what was said on it. */
export class FakeSocket {
  static opened: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.opened.at(-1)!;
  }

  readyState = 0;
  sent: { type: string; [name: string]: unknown }[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: { code: number }) => void;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  // --- the other side

  accept(): this {
    this.readyState = 1;
    this.onopen?.();
    return this;
  }

  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  break(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export interface Asked {
  method: string;
  path: string;
  token?: string;
  body?: Record<string, unknown>;
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | "unreachable";

/** A desk that answers as a test says; what was asked of it is kept. */
export function fakeDesk(answer: (asked: Asked) => Answer): Asked[] {
  const log: Asked[] = [];
  const fetch = async (url: string, init: RequestInit = {}) => {
    const headers = (init.headers ?? {}) as Record<string, string>;
    const asked = {
      method: init.method ?? "GET",
      path: url.replace(/^.*\/hooks\/[^/]+\//, ""),
      token: headers.Authorization?.replace("Bearer ", ""),
      body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
    };
    log.push(asked);
    const given = answer(asked);
    if (given === "unreachable") throw new TypeError("Failed to fetch");
    return new Response(given.body === undefined ? null : JSON.stringify(given.body), {
      status: given.status ?? 200,
      headers: given.headers,
    });
  };
  vi.stubGlobal("fetch", fetch);
  return log;
}

/** A browser's storage. */
export function fakeStorage(): Map<string, string> {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
    key: (at: number) => [...kept.keys()][at] ?? null,
    get length() {
      return kept.size;
    },
  });
  return kept;
}
