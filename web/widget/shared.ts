import type { Api } from "./api";
import { Refused } from "./api";
import type { CatchUp, Frame } from "./frames";
import { elect } from "./locks";
import { type Link, type Listens, Stream } from "./stream";

type Said =
  | { replay: CatchUp }
  | { frame: Frame }
  | { link: Link }
  | { over: true }
  // To whoever leads:
  | { join: true }
  | { hurry: true }
  | { send: object };

const RETRY = 3_000;

/**
 * One live stream for all tabs of this browser that have this session open. One of them leads and
 * passes on what comes; when it is closed, another goes on from the same position.
 */
export class Shared {
  isLeader = false;
  private stream: Stream | undefined;
  private channel: BroadcastChannel | undefined;
  private position: number | undefined;
  private link: Link = "connecting";
  /** Frames that came while this tab was still catching up. */
  private early: Frame[] | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;
  private resign: () => void = () => undefined;

  constructor(
    private readonly api: Api,
    readonly token: string,
    private readonly name: string,
    private readonly listens: Listens,
  ) {}

  start(): void {
    if (typeof BroadcastChannel !== "undefined") {
      this.channel = new BroadcastChannel(this.name);
      this.channel.onmessage = (event) => this.hear(event.data as Said);
    }
    this.listens.link("connecting");
    this.resign = elect(
      this.name,
      () => this.lead(),
      () => this.follow(),
    );
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.stream?.stop();
    this.resign();
    this.channel?.close();
    this.listens.link("off");
  }

  /** The network is back, or the page is looked at again: do not wait. */
  hurry(): void {
    if (this.isStopped) return;
    if (this.stream) this.stream.hurry();
    else {
      this.say({ hurry: true });
      void this.catchUp();
    }
  }

  /** By the socket if there is one, here or in the tab that leads; else false. */
  send(frame: object): boolean {
    if (this.stream) return this.stream.send(frame);
    if (this.link !== "on") return false;
    this.say({ send: frame });
    return true;
  }

  private lead(): void {
    if (this.isStopped) return;
    clearTimeout(this.timer);
    this.isLeader = true;
    this.stream = new Stream(this.api, this.token, {
      replay: (replay) => this.pass({ replay }),
      frame: (frame) => this.pass({ frame }),
      link: (link) => this.pass({ link }),
      over: () => this.pass({ over: true }),
    });
    this.stream.position = this.position;
    this.stream.start();
  }

  private follow(): void {
    this.say({ join: true });
    void this.catchUp();
  }

  /** What happened before this tab listened, or while it slept. */
  private async catchUp(): Promise<void> {
    clearTimeout(this.timer);
    this.early ??= [];
    try {
      const replay = await this.api.read(this.token, this.position);
      if (this.isStopped || this.stream) return;
      this.take({ replay });
      const early = this.early;
      this.early = undefined;
      for (const frame of early) this.take({ frame });
    } catch (error) {
      if (this.isStopped || this.stream) return;
      if (error instanceof Refused && (error.status === 401 || error.status === 403)) this.listens.over();
      else this.timer = setTimeout(() => void this.catchUp(), RETRY);
    }
  }

  private hear(said: Said): void {
    if (this.isStopped) return;
    if ("join" in said) {
      if (this.stream) this.say({ link: this.link });
    } else if ("hurry" in said) this.stream?.hurry();
    else if ("send" in said) this.stream?.send(said.send);
    else if (!this.stream) {
      if ("frame" in said && this.early) this.early.push(said.frame);
      else this.take(said);
    }
  }

  private pass(said: Said): void {
    this.take(said);
    this.say(said);
  }

  private take(said: Said): void {
    if ("replay" in said) {
      this.position = said.replay.position;
      this.listens.replay(said.replay);
    } else if ("frame" in said) {
      if (said.frame.type === "messages") this.position = said.frame.position;
      this.listens.frame(said.frame);
    } else if ("link" in said) {
      this.link = said.link;
      if (!this.isStopped) this.listens.link(said.link);
    } else if ("over" in said) this.listens.over();
  }

  private say(said: Said): void {
    try {
      this.channel?.postMessage(said);
    } catch {
      // It is closed: nobody is told any more.
    }
  }
}
