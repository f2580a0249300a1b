import { batch, computed, effect, signal } from "@preact/signals";
import type { Frame, MessageView } from "./frames";
import type { Happenings } from "./happenings";
import { EMPTY, type Log, markRead, merge, replay, seenUntil, undelivered, unread } from "./log";
import type { Listens } from "./stream";
import { Typing } from "./typing";

interface Hands {
  /** Tell the desk what became of its answers. */
  signal(body: { signal: "delivered" | "read"; seqs?: number[]; until?: number }): void;
  /** Of all tabs of this browser this one speaks. */
  leads(): boolean;
  isLoud(): boolean;
}

/** What is said, as this page has it: what comes is kept, acknowledged and told. */
export class Talk {
  readonly log = signal<Log>(EMPTY);
  readonly typing = new Typing();
  readonly unread = computed(() => unread(this.log.value));
  /** Nothing is told any more. */
  readonly stop: () => void;

  constructor(
    private readonly happenings: Happenings,
    private readonly hands: Hands,
  ) {
    let told = 0;
    this.stop = effect(() => {
      const count = this.unread.value;
      if (count !== told) happenings.tell("unread", (told = count));
    });
  }

  clear(): void {
    batch(() => {
      this.log.value = EMPTY;
      this.typing.show("");
    });
  }

  replay: Listens["replay"] = (stream) => this.took(replay(this.log.value, stream), stream.messages);

  hear(frame: Frame): void {
    if (frame.type === "messages") this.took(merge(this.log.value, frame.messages), frame.messages);
    else if (frame.type === "case") this.happenings.tell("case");
    else if (frame.type === "typing") this.typing.show(frame.is_typing ? frame.author || "…" : "");
  }

  /** This answer, and so what came before it, stands before the visitor's eyes. */
  saw(upTo: number): void {
    const until = seenUntil(this.log.value, upTo);
    if (until === undefined) return;
    this.log.value = markRead(this.log.value, until);
    this.hands.signal({ signal: "read", until });
  }

  private took(log: Log, incoming: readonly MessageView[]): void {
    const seqs = undelivered(incoming);
    this.log.value = log;
    if (!seqs.length) return;
    this.typing.show("");
    for (const message of incoming) if (!message.is_own) this.happenings.tell("message", message);
    if (!this.hands.leads()) return;
    this.hands.signal({ signal: "delivered", seqs });
    if (this.hands.isLoud()) void import("./sound").then(({ chime }) => chime()).catch(() => undefined);
  }
}
