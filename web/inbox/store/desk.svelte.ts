// Puts the stores together: one feed in, every event to each store that keeps something of it.
import type { Id, ViewKey } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { accounts } from "./accounts.svelte";
import { announcer } from "./announcer.svelte";
import { bulk } from "./bulk.svelte";
import { address, ApiError } from "./client";
import { crossings } from "./crossings.svelte";
import { drafts } from "./drafts.svelte";
import { dueNews } from "./due-news";
import { Feed, type FeedState, type Socket } from "./feed";
import { forgetUploads } from "./files.svelte";
import { holds } from "./holds.svelte";
import { joins } from "./joins.svelte";
import { tellMention } from "./mentions";
import { outbox } from "./outbox.svelte";
import { presence } from "./presence.svelte";
import { privacy } from "./privacy.svelte";
import { isRegrouping, touchedBy } from "./regrouping";
import { rings } from "./ringing";
import { rows } from "./rows.svelte";
import { session } from "./session.svelte";
import { threads } from "./threads.svelte";
import { toasts } from "./toasts.svelte";
import { views } from "./views.svelte";

const BANNER_AFTER = 2000;

type Listener = { react: (event: FeedEvent) => void; onReset: (() => void) | undefined };

class Desk {
  feedState: FeedState = $state("closed");
  /** Cut off for longer than a blink: the page says so. */
  isCutOff = $state(false);
  /** When the feed was last whole. */
  cutAt = $state(0);
  isBackAgain = $state(false);
  #feed = new Feed((after) => socket(after), {
    onEvent: (event) => this.take(event),
    onLive: (frame) => presence.take(frame),
    onReset: () => void this.#reset(),
    onState: (state) => this.#feedIs(state),
  });
  readonly #forgets = new Set<() => void>();
  readonly #listeners = new Set<Listener>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #agentId: Id | null = null;
  #stops: (() => void)[] = [];

  /** Whose conversation is on the page. */
  get openPerson(): Id | null {
    return threads.shown;
  }
  set openPerson(id: Id | null) {
    threads.shown = id;
  }

  /**
   * Fetch the list, then follow the feed. What is on the page may be older than the list, which can take long: it is followed
   * from where things stood before anything was asked for, so that nothing falls in between. A list that has not changed since
   * an earlier visit is the browser's own (304) and bears the position of then: all that was told since would come once more.
   */
  async begin(view: ViewKey): Promise<void> {
    this.#isFor(session.agentId);
    presence.send = (frame) => this.#feed.send(frame);
    void accounts.load().catch(() => undefined);
    void bulk.load().catch(() => undefined);
    const position = await this.#firstIndex(view);
    this.#feed.start(session.me?.position ?? position);
    outbox.resume();
    const hurry = (): void => {
      if (document.visibilityState === "visible") this.#feed.hurry();
    };
    const renew = (): void => drafts.renew(this.openPerson);
    const hear = (event: StorageEvent): void => {
      drafts.hear(event);
      outbox.hear(event);
    };
    addEventListener("online", hurry);
    addEventListener("focus", renew);
    addEventListener("storage", hear);
    document.addEventListener("visibilitychange", hurry);
    this.#stops = [
      presence.begin(),
      () => removeEventListener("online", hurry),
      () => removeEventListener("focus", renew),
      () => removeEventListener("storage", hear),
      () => document.removeEventListener("visibilitychange", hurry),
    ];
  }

  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#feed.stop();
    rows.clear();
    threads.clear();
    views.clear();
    drafts.forget();
    outbox.forget();
    bulk.forget();
    forgetUploads();
    announcer.forget();
    toasts.forget();
    dueNews.forget();
    holds.forget();
    joins.forget();
    for (const forget of this.#forgets) forget();
  }

  /** A store of its own chunk keeps nothing for who signs in next. */
  whenEnded(forget: () => void): void {
    this.#forgets.add(forget);
  }

  /** A screen of its own chunk follows along, and loads anew `onReset`, when events were missed. Returns what ends it. */
  listen(react: (event: FeedEvent) => void, onReset?: () => void): () => void {
    const listener = { react, onReset };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  take(event: FeedEvent): void {
    outbox.take(event);
    threads.take(event);
    if ("row" in event && event.row) {
      views.take(event.row);
      rows.put(event.row);
    }
    if (isRegrouping(event)) {
      drafts.regroup(touchedBy(event), this.openPerson);
      for (const row of event.rows) {
        views.take(row);
        rows.put(row);
      }
      views.takeAway(event.gone);
      rows.remove(event.gone);
    }
    if (event.kind === "read.changed") drafts.follow(event.row);
    if (event.kind === "access.changed") this.#lookAgain(event);
    for (const { react } of this.#listeners) react(event);
    if (event.kind === "message.created") tellMention(event.message);
    if (event.kind === "account.changed") {
      accounts.put(event.account);
      threads.renewReach(event.account.id, this.openPerson);
    }
    if (event.kind === "views.changed") views.recount(true);
    if (event.kind === "job.changed") bulk.take(event.job);
    if (event.kind === "proposal.changed") joins.put(event.proposal);
    if (event.kind === "message.created" && rings(event.message, event.row)) {
      announcer.hear(event.message.joined?.name ?? event.message.author.name);
    }
  }

  /** Whoever comes back has what they chose for answers that wait in their drafts; nobody else has. */
  #isFor(agentId: Id): void {
    if (this.#agentId !== agentId) {
      privacy.forget();
      crossings.forget();
    }
    this.#agentId = agentId;
  }

  /** Tried again for as long as that may help; what is refused, as a filter may be, is the list's to say. 0: none has come. */
  async #firstIndex(view: ViewKey): Promise<number> {
    for (;;) {
      try {
        return await views.load(view);
      } catch (error) {
        if (!(error instanceof ApiError && error.isPassing)) return 0;
        await new Promise((resolve) => setTimeout(resolve, 2000));
        view = views.current;
      }
    }
  }

  /** More is seen of somebody now, or less: also what was made of it elsewhere. Who sees everything sees no more and no less. */
  #lookAgain({ person_id: id, row }: Extract<FeedEvent, { kind: "access.changed" }>): void {
    if (session.can("access.all")) return;
    if (id !== null && !row) {
      views.takeAway([id]);
      rows.remove([id]);
      dueNews.drop(id);
    }
    for (const { onReset } of this.#listeners) onReset?.();
    for (const load of [bulk.load(), joins.loadProposals()]) void load.catch(() => undefined);
  }

  async #reset(): Promise<void> {
    rows.renew();
    dueNews.forget();
    for (const { onReset } of this.#listeners) onReset?.();
    drafts.renew(this.openPerson);
    // What this agent may do may be other by now: what they may no more goes from the page with it.
    await Promise.allSettled([session.refresh(), views.load(views.current), threads.reset(this.openPerson), accounts.load(), bulk.load(), joins.renew()]);
  }

  #feedIs(state: FeedState): void {
    this.feedState = state;
    if (state === "open") {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      drafts.retry();
      if (this.isCutOff) {
        this.isCutOff = false;
        this.isBackAgain = true;
        setTimeout(() => (this.isBackAgain = false), 2000);
        outbox.resume();
      }
      presence.repeat();
    } else if (state !== "closed") {
      if (this.#timer === undefined) this.cutAt = Date.now();
      this.#timer ??= setTimeout(() => {
        this.isCutOff = true;
        // A session that has ended looks like a cut from here: asking who we are tells them apart.
        void session.refresh().catch(() => undefined);
      }, BANNER_AFTER);
    }
  }
}

function socket(after: number): Socket {
  const url = new URL(address("/feed", { after }), location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url) as Socket;
}

export const desk = new Desk();
