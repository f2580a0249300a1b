import { batch, computed, signal } from "@preact/signals";
import { Answers } from "./answers";
import { Api, Refused } from "./api";
import type { Config, Draft, FileView, Frame, MessageView } from "./frames";
import { type Happening, Happenings } from "./happenings";
import { Keep } from "./keep";
import { EMPTY, type Log, markRead, merge, replay, seenUntil, undelivered, unread, waiting, withSent } from "./log";
import { newClientId, Outbox } from "./outbox";
import { type Identity, Sessions } from "./session";
import { Shared } from "./shared";
import type { Link } from "./stream";
import { Typing } from "./typing";
import type { Uploads } from "./uploads";
import { chooseLocale, locale, setLocale } from "./words";

/** Everything the widget knows and does. The parts only show it. */
export class Chat {
  readonly config = signal<Config | undefined>(undefined);
  readonly log = signal<Log>(EMPTY);
  readonly queue = signal<readonly Draft[]>([]);
  readonly link = signal<Link>("off");
  readonly isOpen = signal(false);
  readonly typing = new Typing();
  readonly needsSignIn = signal(false);
  readonly trouble = signal("");
  readonly draft = signal("");
  readonly theme = signal("auto");
  /** Until when the desk asked for patience, in ms of the clock; 0: it did not. */
  readonly drawn = signal(0); // pictures: each makes the conversation longer
  readonly heldUntil = signal(0);
  readonly covers = signal(false); // the page is so narrow that the open chat covers it
  readonly answers: Answers;
  readonly waiting = computed(() => waiting(this.queue.value, this.log.value));
  readonly unread = computed(() => unread(this.log.value));
  readonly isKnown = signal(false); // somebody is signed in, or is said to be
  readonly api: Api;
  readonly keep: Keep;
  /** Comes with the panel. */
  uploads: Uploads | undefined;
  private readonly sessions: Sessions;
  private readonly outbox: Outbox;
  private readonly happenings = new Happenings();
  private stream: Shared | undefined;
  private readonly unwatch: () => void;
  constructor(base: string, key: string) {
    this.api = new Api(base);
    this.keep = new Keep(key);
    this.sessions = new Sessions(this.api, this.keep, () => locale.value, () => this.connect());
    this.outbox = new Outbox(this.api, this.keep, {
      token: this.token,
      refuse: (token) => this.sessions.refuse(token),
      owns: ({ owner }) => owner === undefined || owner === this.owner,
      changed: (queue) => (this.queue.value = queue),
      sent: (draft, ack) => (this.log.value = withSent(this.log.value, draft, ack)),
      held: (patience) => (this.heldUntil.value = patience && Date.now() + patience),
    });
    this.answers = new Answers(this.keep);
    this.queue.value = this.outbox.queue;
    this.unwatch = this.keep.watch((areDrafts) => {
      if (areDrafts) this.outbox.changed();
      else if (this.sessions.takeOver()) this.resume();
    });
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
    this.happenings.tell("ready");
  }

  // --- what the visitor does

  open(): void {
    if (this.isOpen.value) return;
    this.isOpen.value = true;
    if (this.sessions.isIdentified) this.resume(true);
    this.happenings.tell("open");
  }

  close(): void {
    if (this.isOpen.value) this.happenings.tell("close");
    this.isOpen.value = false;
  }

  say(text: string, files: FileView[] = []): void {
    const client_id = newClientId();
    const answers = this.owner ? undefined : this.answers.take();
    this.outbox.add({ client_id, text, files, at: new Date().toISOString(), owner: this.owner, answers });
    this.typing.reset();
  }

  retry = (clientId: string) => this.outbox.retry(clientId);
  drop = (clientId: string) => this.outbox.drop(clientId);
  fetchFile = async (id: number): Promise<Blob> => this.api.file(await this.sessions.get(), id);

  async loadEarlier(): Promise<void> {
    const first = this.log.value.messages[0];
    if (!first) return;
    const page = await this.api.earlier(await this.sessions.get(), first.seq);
    this.log.value = { ...merge(this.log.value, page.messages), earlier: page.has_earlier };
  }

  isWriting = (): unknown => this.sessions.token && this.typing.isDue() && this.stream?.send({ type: "typing", is_typing: true });

  /** This answer, and so what came before it, stands before the visitor's eyes. */
  saw(until: number): void {
    const newest = seenUntil(this.log.value, until);
    if (newest === undefined) return;
    this.log.value = markRead(this.log.value, newest);
    this.signal({ type: "read", until: newest }, { signal: "read", until: newest });
  }

  // --- who the visitor is

  identify(identity: Identity): void {
    this.sessions.identify(identity);
    this.isKnown.value = true;
    this.needsSignIn.value = false;
    this.stop();
    if (this.sessions.isKept || this.isOpen.value || this.outbox.queue.length) this.resume(true);
  }

  logout(): void {
    this.stop();
    // A signed visitor's words leave with them; an unknown one's are theirs still.
    this.keep.dropOthers(undefined);
    if (this.owner) this.uploads?.clear();
    this.draft.value = "";
    void this.sessions.logout();
    this.isKnown.value = false;
    this.outbox.changed();
    this.resume();
  }

  setLocale(chosen: string): void {
    this.keep.write({ locale: chosen });
    void setLocale(chosen);
  }

  on(happening: Happening, listener: (value: unknown) => void): void {
    this.happenings.on(happening, listener);
  }

  hurry(): void {
    this.stream?.hurry();
    this.uploads?.hurry();
    if (this.outbox.queue.length) this.outbox.hurry();
  }

  destroy(): void {
    this.unwatch();
    this.sessions.stop();
    this.outbox.stop();
    this.stop();
  }

  token = (): Promise<string> => this.sessions.get();

  /** The signed session that this page has, if it has one. */
  get owner(): string | undefined {
    return this.sessions.isSigned ? this.sessions.id : undefined;
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
      this.happenings.tell("expired");
    } else if (refused && !refused.passes) this.trouble.value = refused.message;
    else setTimeout(() => this.resume(), 5_000);
  }

  private connect(): void {
    const token = this.sessions.token!;
    this.stop();
    this.keep.dropOthers(this.keep.read().signed?.session);
    this.outbox.changed();
    void this.uploads?.restore();
    const name = `${this.keep.key}:${this.sessions.id}:${this.owner ? "signed" : "guest"}`;
    this.stream = new Shared(this.api, token, name, {
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
      this.typing.show("");
    });
  }

  private heard(frame: Frame): void {
    if (frame.type === "messages") this.took(merge(this.log.value, frame.messages), frame.messages);
    else if (frame.type === "typing") this.typing.show(frame.is_typing ? frame.author || "…" : "");
  }

  private took(log: Log, incoming: readonly MessageView[]): void {
    const before = this.unread.value;
    const fresh = undelivered(incoming);
    this.log.value = log;
    if (fresh.length) {
      this.typing.show("");
      if (this.stream?.isLeader) this.signal({ type: "delivered", seqs: fresh }, { signal: "delivered", seqs: fresh });
      for (const message of incoming) if (!message.is_own) this.happenings.tell("message", message);
    }
    if (this.unread.value !== before) this.happenings.tell("unread", this.unread.value);
  }

  private signal(frame: object, body: object): void {
    const token = this.sessions.token;
    if (!token || this.stream?.send(frame)) return;
    this.api.signal(token, body).catch(() => undefined);
  }
}
