import type { Api } from "./api";
import { Refused } from "./api";
import type { CatchUp, Frame } from "./frames";

export type Link = "off" | "connecting" | "on" | "lost";
/** Sockets first; events by a streaming fetch where they cannot pass; asking again as the last. */
export type Way = "socket" | "events" | "asking";

export interface Listens {
  replay(stream: CatchUp): void;
  frame(frame: Frame): void;
  link(link: Link): void;
  /** The token is worthless: open the session again. */
  over(): void;
}

const TRIES = 3;
const LONGEST_WAIT = 30_000;
const ASK_EVERY = 4_000;
/** The desk says its position every 30 s, so a longer silence is a dead line. */
export const LONGEST_SILENCE = 75_000;
const SESSION_OVER = 4401;

/** One live stream, made again after every loss, from the position that was reached. */
export class Stream {
  position: number | undefined;
  way: Way = "socket";
  private failures = 0;
  private waits = 0;
  private socket: WebSocket | undefined;
  private abort: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private isOn = false;
  private isStopped = false;

  constructor(
    private readonly api: Api,
    readonly token: string,
    private readonly listens: Listens,
    private readonly random: () => number = Math.random,
  ) {}

  start(): void {
    this.isStopped = false;
    this.connect();
  }

  stop(): void {
    this.isStopped = true;
    this.cut();
    this.listens.link("off");
  }

  /** The network is back, or the page is looked at again: do not wait. */
  hurry(): void {
    if (this.isStopped || this.isOn) return;
    this.failures = 0;
    this.waits = 0;
    this.way = "socket";
    this.cut();
    this.connect();
  }

  /** By the socket if there is one; else false. */
  send(frame: object): boolean {
    if (!this.isOn || this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private connect(): void {
    this.listens.link(this.waits ? "lost" : "connecting");
    if (this.way === "socket") this.openSocket();
    else if (this.way === "events") void this.openEvents();
    else void this.ask();
  }

  private openSocket(): void {
    let socket: WebSocket;
    try {
      const url = `${this.api.base.replace(/^http/, "ws")}/socket`;
      socket = new WebSocket(url, ["onethread", `onethread.${this.token}`]);
    } catch {
      this.lost();
      return;
    }
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", after: this.position }));
    socket.onmessage = (event) => this.hear(String(event.data));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      if (event.code === SESSION_OVER) this.end();
      else this.lost();
    };
    this.expect();
  }

  private async openEvents(): Promise<void> {
    const abort = (this.abort = new AbortController());
    try {
      const path = this.position === undefined ? "stream" : `stream?after=${this.position}`;
      const answer = await this.api.ask(path, { signal: abort.signal }, this.token);
      this.expect();
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done || abort.signal.aborted) break;
        this.expect();
        const parts = (rest + value).split("\n\n");
        rest = parts.pop()!;
        for (const part of parts) this.event(part);
      }
      if (!abort.signal.aborted) this.lost();
    } catch (error) {
      if (!abort.signal.aborted) this.fail(error);
    }
  }

  private event(part: string): void {
    const text = part.match(/^data: (.*)$/m)?.[1];
    if (text === undefined) return;
    if (part.startsWith("event: over")) {
      if (Number(text) === SESSION_OVER) this.end();
    } else this.hear(text);
  }

  private async ask(): Promise<void> {
    const abort = (this.abort = new AbortController());
    try {
      const stream = await this.api.read(this.token, this.position);
      if (abort.signal.aborted) return;
      this.caughtUp(stream);
      this.timer = setTimeout(() => void this.ask(), ASK_EVERY);
    } catch (error) {
      if (!abort.signal.aborted) this.fail(error);
    }
  }

  private hear(text: string): void {
    this.expect();
    const frame = JSON.parse(text) as Frame;
    if (frame.type === "replay") {
      this.caughtUp(frame.stream);
      return;
    }
    if (frame.type === "messages") this.position = frame.position;
    this.listens.frame(frame);
  }

  private caughtUp(stream: CatchUp): void {
    this.position = stream.position;
    this.failures = 0;
    this.waits = 0;
    this.isOn = true;
    this.listens.replay(stream);
    this.listens.link("on");
  }

  private fail(error: unknown): void {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) this.end();
    else this.lost();
  }

  private end(): void {
    this.isStopped = true;
    this.cut();
    this.listens.over();
  }

  private lost(): void {
    const wasOn = this.isOn;
    this.cut();
    if (this.isStopped) return;
    this.failures = wasOn ? 0 : this.failures + 1;
    if (this.failures >= TRIES && this.way !== "asking") {
      this.way = this.way === "socket" ? "events" : "asking";
      this.failures = 0;
      this.connect();
      return;
    }
    this.waits += 1;
    this.listens.link("lost");
    const longest = Math.min(LONGEST_WAIT, 500 * 2 ** Math.min(this.waits - 1, 10));
    this.timer = setTimeout(() => this.connect(), longest * (0.5 + this.random() / 2));
  }

  private expect(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lost(), LONGEST_SILENCE);
  }

  private cut(): void {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = undefined;
    this.isOn = false;
    this.abort?.abort();
    socket?.close();
  }
}
