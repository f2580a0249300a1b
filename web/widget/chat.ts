import { batch, computed, signal } from "@preact/signals";
import { Api, Refused } from "./api";
import type { Ack, Config, Draft, FileView, Frame, MessageView } from "./frames";
import { Keep } from "./keep";
import { EMPTY, type Log, markRead, merge, replay, seenUntil, undelivered, unread, waiting } from "./log";
import { newClientId, Outbox } from "./outbox";
import { type Identity, Sessions } from "./session";
import { type Link, Stream } from "./stream";
import { chooseLocale, locale, setLocale } from "./words";

/** `expired`: the signed token was not taken; the page may identify again. */
export type Happening = "ready" | "open" | "close" | "message" | "unread" | "expired";

const TYPING_SHOWN = 6_000;
const TYPING_SAID = 3_000;

/** Everything the widget knows and does. The parts only show it. */
export class Chat {
  readonly config = signal<Config | undefined>(undefined);
  readonly log = signal<Log>(EMPTY);
  readonly queue = signal<readonly Draft[]>([]);
  readonly link = signal<Link>("off");
  readonly isOpen = signal(false);
  readonly typing = signal("");
  readonly needsSignIn = signal(false);
  readonly trouble = signal("");
  readonly draft = signal("");
  readonly theme = signal("auto");
  readonly waiting = computed(() => waiting(this.queue.value, this.log.value));
  readonly unread = computed(() => unread(this.log.value));
  readonly api: Api;
  readonly keep: Keep;
  private readonly sessions: Sessions;
  private readonly outbox: Outbox;
  private readonly listeners = new Map<Happening, Set<(value: unknown) => void>>();
  private stream: Stream | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private typingSaidAt = 0;
  private readonly unwatch: () => void;

  constructor(base: string, key: string) {
    this.api = new Api(base);
    this.keep = new Keep(key);
    this.sessions = new Sessions(this.api, this.keep, () => locale.value, () => this.connect());
    this.outbox = new Outbox(this.api, this.keep, {
      token: () => this.sessions.get(),
      refuse: (token) => this.sessions.refuse(token),
      changed: (queue) => (this.queue.value = queue),
      sent: (draft, ack) => this.sent(draft, ack),
    });
    this.queue.value = this.outbox.queue;
    this.unwatch = this.keep.watch(() => this.sessions.takeOver() && this.resume());
  }

  async start(): Promise<void> {
    const kept = this.keep.read();
    chooseLocale(kept.locale, kept.look?.language);
    try {
      const config = await this.api.config();
      this.config.value = config;
      this.keep.write({ look: config.appearance });
      chooseLocale(kept.locale, config.appearance.language);
    } catch (error) {
      if (error instanceof Refused && !error.passes) throw error;
      setTimeout(() => void this.start().catch(() => undefined), 5_000);
      return;
    }
    this.resume();
    if (this.outbox.queue.length) this.outbox.hurry();
    this.tell("ready", undefined);
  }

  // --- what the visitor does

  open(): void {
    if (this.isOpen.value) return;
    this.isOpen.value = true;
    if (this.sessions.isIdentified) this.resume(true);
    this.tell("open", undefined);
  }

  close(): void {
    if (!this.isOpen.value) return;
    this.isOpen.value = false;
    this.tell("close", undefined);
  }

  say(text: string, files: FileView[] = []): void {
    const client_id = newClientId();
    const owner = this.sessions.isSigned ? this.sessions.id : undefined;
    this.outbox.add({ client_id, text, files, at: new Date().toISOString(), owner });
    this.typingSaidAt = 0;
  }

  retry = (clientId: string) => this.outbox.retry(clientId);
  drop = (clientId: string) => this.outbox.drop(clientId);
  upload = async (file: File): Promise<FileView> => this.api.upload(await this.sessions.get(), file);
  fetchFile = async (id: number): Promise<Blob> => this.api.file(await this.sessions.get(), id);

  async loadEarlier(): Promise<void> {
    const first = this.log.value.messages[0];
    if (!first) return;
    const page = await this.api.earlier(await this.sessions.get(), first.seq);
    this.log.value = { ...merge(this.log.value, page.messages), earlier: page.has_earlier };
  }

  isWriting(): void {
    const now = Date.now();
    if (!this.sessions.token || now - this.typingSaidAt < TYPING_SAID) return;
    this.typingSaidAt = now;
    this.stream?.send({ type: "typing", is_typing: true });
  }

  /** The answers stand before the visitor's eyes. */
  sawEverything(): void {
    const until = seenUntil(this.log.value);
    if (until === undefined) return;
    this.log.value = markRead(this.log.value, until);
    this.signal({ type: "read", until }, { signal: "read", until });
  }

  // --- who the visitor is

  identify(identity: Identity): void {
    this.sessions.identify(identity);
    this.needsSignIn.value = false;
    this.stop();
    if (this.sessions.isKept || this.isOpen.value || this.outbox.queue.length) this.resume(true);
  }

  logout(): void {
    this.stop();
    // A signed visitor's words leave with them; an unknown one's are theirs still.
    for (const { owner, client_id } of this.outbox.queue) if (owner) this.outbox.drop(client_id);
    void this.sessions.logout();
    this.resume();
  }

  setLocale(chosen: string): void {
    this.keep.write({ locale: chosen });
    void setLocale(chosen);
  }

  on(happening: Happening, listener: (value: unknown) => void): void {
    if (!this.listeners.has(happening)) this.listeners.set(happening, new Set());
    this.listeners.get(happening)!.add(listener);
  }

  hurry(): void {
    this.stream?.hurry();
    if (this.outbox.queue.length) this.outbox.hurry();
  }

  destroy(): void {
    this.unwatch();
    this.stop();
  }

  // --- the stream

  private resume(always = false): void {
    if (!always && !this.sessions.isKept) return;
    this.sessions.get().then(
      () => {
        this.trouble.value = "";
        if (!this.stream) this.connect();
      },
      (error: unknown) => this.refused(error),
    );
  }

  private refused(error: unknown): void {
    const refused = error instanceof Refused ? error : undefined;
    if (refused?.code.startsWith("attestation")) {
      this.needsSignIn.value = true;
      this.tell("expired", undefined);
    } else if (refused && !refused.passes) this.trouble.value = refused.message;
    else setTimeout(() => this.resume(), 5_000);
  }

  private connect(): void {
    const token = this.sessions.token!;
    this.stop();
    for (const { owner, client_id } of this.outbox.queue) {
      if (owner && owner !== this.sessions.id) this.outbox.drop(client_id);
    }
    this.stream = new Stream(this.api, token, {
      replay: (stream) => this.took(replay(this.log.value, stream), stream.messages),
      frame: (frame) => this.heard(frame),
      link: (link) => (this.link.value = link),
      over: () => {
        this.sessions.refuse(token);
        this.stop();
        this.resume(this.sessions.isIdentified);
      },
    });
    this.stream.start();
  }

  private stop(): void {
    this.stream?.stop();
    this.stream = undefined;
    batch(() => {
      this.log.value = EMPTY;
      this.typing.value = "";
    });
  }

  private heard(frame: Frame): void {
    if (frame.type === "messages") this.took(merge(this.log.value, frame.messages), frame.messages);
    else if (frame.type === "typing") this.showTyping(frame.is_typing ? frame.author || "…" : "");
  }

  private took(log: Log, incoming: readonly MessageView[]): void {
    const before = this.unread.value;
    const fresh = undelivered(incoming);
    this.log.value = log;
    if (fresh.length) {
      this.showTyping("");
      this.signal({ type: "delivered", seqs: fresh }, { signal: "delivered", seqs: fresh });
      for (const message of incoming) if (!message.is_own) this.tell("message", message);
    }
    if (this.unread.value !== before) this.tell("unread", this.unread.value);
  }

  private sent({ client_id, text, at }: Draft, { seq, files }: Ack): void {
    if (seq === null) return;
    const known = this.log.value.messages.some((message) => message.seq === seq);
    if (known) return;
    const own = { seq, client_id, text, files, at, is_own: true, author: "", state: "sent" as const };
    this.log.value = merge(this.log.value, [{ ...own, is_edited: false, is_deleted: false }]);
  }

  private showTyping(author: string): void {
    clearTimeout(this.typingTimer);
    this.typing.value = author;
    if (author) this.typingTimer = setTimeout(() => (this.typing.value = ""), TYPING_SHOWN);
  }

  private signal(frame: object, body: object): void {
    const token = this.sessions.token;
    if (!token || this.stream?.send(frame)) return;
    this.api.signal(token, body).catch(() => undefined);
  }

  private tell(happening: Happening, value: unknown): void {
    for (const listener of this.listeners.get(happening) ?? []) listener(value);
  }
}
