// One socket that is opened again and again, always from the position reached. Nothing of the page in it.
import type { ClientFrame, FeedEvent, LiveFrame, ServerFrame } from "../../shared/feed-types";

export type FeedState = "closed" | "connecting" | "open" | "waiting";
export type FeedEars = {
  onEvent: (event: FeedEvent) => void;
  onLive: (frame: LiveFrame) => void;
  /** The position was too old, or other things are to be seen: fetch everything again. */
  onReset: () => void;
  onState: (state: FeedState) => void;
};
export type Socket = Pick<WebSocket, "send" | "close" | "readyState"> & {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event?: { code: number }) => void) | null;
};

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const PING_EVERY = 20_000;
const SILENCE_LIMIT = 45_000;
/** With this the desk ends a feed: signed out, or from now on its agent may see other things. */
const OTHERWISE = 4401;

export class Feed {
  position = 0;
  #socket: Socket | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #wanted = false;
  #seesOther = false;

  constructor(
    private readonly connect: (after: number) => Socket,
    private readonly ears: FeedEars,
    private readonly random: () => number = Math.random,
    private readonly now: () => number = Date.now,
  ) {}

  start(position: number): void {
    this.position = position;
    this.#seesOther = false;
    this.#wanted = true;
    this.#open();
  }

  stop(): void {
    this.#wanted = false;
    this.#drop();
    this.ears.onState("closed");
  }

  send(frame: ClientFrame): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  /** Try at once: the network is back, or the tab is looked at again. */
  hurry(): void {
    if (!this.#wanted) return;
    if (this.#socket === null) this.#open();
    else this.#checkAlive();
  }

  /** What a frame does. Events at or before the position were seen already and are dropped. */
  take(frame: ServerFrame): void {
    switch (frame.type) {
      case "hello":
        this.#failures = 0;
        this.ears.onState("open");
        if (this.#seesOther) this.ears.onReset();
        this.#seesOther = false;
        return;
      case "event":
        if (frame.position <= this.position) return;
        this.position = frame.position;
        this.ears.onEvent(frame);
        return;
      case "reset":
        this.position = frame.position;
        this.ears.onReset();
        return;
      case "live":
        this.ears.onLive(frame);
        return;
      case "pong":
        return;
    }
  }

  #open(): void {
    clearTimeout(this.#timer);
    this.#drop();
    this.ears.onState("connecting");
    const socket = this.connect(this.position);
    this.#socket = socket;
    this.#heardAt = this.now();
    socket.onopen = () => (this.#heardAt = this.now());
    socket.onmessage = (event) => {
      this.#heardAt = this.now();
      this.take(JSON.parse(String(event.data)) as ServerFrame);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#seesOther ||= event?.code === OTHERWISE;
      this.#lost();
    };
    this.#pinger = setInterval(() => this.#checkAlive(), PING_EVERY);
  }

  /** A socket can be dead without telling: after a long silence it is given up. */
  #checkAlive(): void {
    if (this.now() - this.#heardAt > SILENCE_LIMIT) this.#lost();
    else this.send({ type: "ping" });
  }

  #lost(): void {
    this.#drop();
    if (!this.#wanted) return;
    this.ears.onState("waiting");
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#failures, LONGEST_PAUSE) * (0.5 + this.random() / 2);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#open(), pause);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#pinger);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
    }
  }
}
