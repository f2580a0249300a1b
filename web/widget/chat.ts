import { computed, signal } from "@preact/signals";
import { Answers } from "./answers";
import { Api, Refused } from "./api";
import type { Config, Draft, FileView } from "./frames";
import { type Happening, Happenings } from "./happenings";
import { Keep } from "./keep";
import { merge, waiting, withSent } from "./log";
import { newClientId, Outbox } from "./outbox";
import type { Rateable } from "./rating";
import { type Identity, Sessions } from "./session";
import { Shared } from "./shared";
import type { Link } from "./stream";
import { Talk } from "./talk";
import type { Uploads } from "./uploads";
import type { Theme } from "./tones";
import { chooseLocale, locale, setLocale, type Words } from "./words";

/** Everything the widget knows and does. The parts only show it. */
export class Chat {
  readonly config = signal<Config | undefined>(undefined);
  readonly queue = signal<readonly Draft[]>([]);
  readonly link = signal<Link>("off");
  readonly isOpen = signal(false);
  readonly needsSignIn = signal(false);
  readonly trouble = signal("");
  readonly draft = signal("");
  readonly theme = signal<Theme>({ mode: "auto" });
  readonly rateable = signal<Rateable | undefined>(undefined);
  /** The visitor has ended the chat, or had it deleted: nothing is written until it begins anew. */
  readonly isOver = signal<"" | "ended" | "erased">("");
  readonly drawn = signal(0); // pictures: each makes the conversation longer
  readonly heldUntil = signal(0); // the desk asked for patience until then, in ms of the clock; 0: it did not
  readonly covers = signal(false); // the page is so narrow that the open chat covers it
  readonly answers: Answers;
  readonly isKnown = signal(false); // somebody is signed in, or is said to be
  readonly api: Api;
  readonly keep: Keep;
  /** Comes with the panel. */
  uploads: Uploads | undefined;
  readonly sessions: Sessions;
  private readonly outbox: Outbox;
  private readonly happenings = new Happenings();
  private readonly talk = new Talk(this.happenings, {
    signal: (body) => {
      const token = this.sessions.token;
      const { signal: type, ...rest } = body;
      if (token && !this.stream?.send({ type, ...rest })) this.api.signal(token, body).catch(() => undefined);
    },
    leads: () => !!this.stream?.isLeader,
    isLoud: () => !!this.keep.read().isLoud,
  });
  readonly log = this.talk.log;
  readonly waiting = computed(() => waiting(this.queue.value, this.log.value));
  readonly unread = this.talk.unread;
  readonly typing = this.talk.typing;
  private stream: Shared | undefined;
  private readonly unwatch: () => void;
  private isResting = false;
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
      await this.refresh();
    } catch (error) {
      if (error instanceof Refused && !error.passes) throw error;
      return void setTimeout(() => void this.start().catch(() => undefined), 5_000);
    }
    this.resume();
    if (this.outbox.queue.length) this.outbox.hurry();
    this.happenings.tell("ready");
  }

  /** How the desk receives whoever comes now. Raises Refused. */
  async refresh(): Promise<void> {
    const config = await this.api.config();
    this.config.value = config;
    this.keep.write({ look: config.appearance });
    chooseLocale(this.keep.read().locale, config.appearance.language);
  }

  // --- what the visitor does

  open(): void {
    if (this.isOpen.value) return;
    this.isOpen.value = true;
    if (this.sessions.isIdentified) this.resume(true);
    if (this.config.value) this.refresh().catch(() => undefined);
    this.happenings.tell("open");
  }

  close(): void {
    if (this.isOpen.value) this.happenings.tell("close");
    this.isOpen.value = false;
  }

  say(text: string, files: FileView[] = []): string {
    const [client_id, answers] = [newClientId(), this.owner ? undefined : this.answers.take()];
    this.outbox.add({ client_id, text, files, at: new Date().toISOString(), owner: this.owner, answers });
    this.typing.reset();
    return client_id;
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

  saw = (until: number) => this.talk.saw(until);

  // --- who the visitor is

  identify(identity: Identity): void {
    this.sessions.identify(identity);
    this.isKnown.value = true;
    this.needsSignIn.value = false;
    this.stop(true);
    if (this.sessions.isKept || this.isOpen.value || this.outbox.queue.length) this.resume(true);
  }

  logout(): void {
    this.stop(true);
    // A signed visitor's words leave with them; an unknown one's are theirs still.
    this.keep.dropOthers(undefined);
    if (this.owner) this.uploads?.clear();
    this.draft.value = "";
    void this.sessions.logout();
    this.isKnown.value = false;
    this.outbox.changed();
    this.resume();
  }

  setLocale(chosen: string, own?: Partial<Words>): void {
    this.keep.write({ locale: chosen });
    void setLocale(chosen, own);
  }

  setTheme(theme: string | Theme): void {
    this.theme.value = { ...this.theme.value, ...(typeof theme === "string" ? { mode: theme } : theme) };
  }

  on = (happening: Happening, listener: (value: unknown) => void): (() => void) => this.happenings.on(happening, listener);

  /** Nobody has looked for a while: the line is given up until somebody does. */
  rest(): void {
    this.isResting = this.stream !== undefined;
    this.stream?.stop();
    this.stream = undefined;
  }

  hurry(): void {
    if (this.isResting) this.resume(this.sessions.isIdentified);
    this.isResting = false;
    this.stream?.hurry();
    this.uploads?.hurry();
    if (this.outbox.queue.length) this.outbox.hurry();
  }

  destroy(): void {
    this.unwatch();
    this.talk.stop();
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

  resume(always = false): void {
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
      replay: this.talk.replay,
      frame: (frame) => this.talk.hear(frame),
      link: (link) => (this.link.value = link),
      over: () => {
        this.sessions.refuse(token);
        this.stop();
        this.resume(this.sessions.isIdentified);
      },
    });
    this.stream.start();
  }

  /** `isAnew`: what was asked of one person is not shown to the next. */
  stop(isAnew = false): void {
    this.stream?.stop();
    this.stream = undefined;
    this.talk.clear();
    if (isAnew) [this.rateable.value, this.isOver.value] = [undefined, ""];
  }
}
