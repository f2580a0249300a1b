// Tells of what came while the reader looked elsewhere: notifications, one sound, the number in the title.
import { SvelteSet } from "svelte/reactivity";
import type { Id } from "../../shared/api-types";
import type { FeedEvent } from "../../shared/feed-types";
import { toInbox } from "../router";
import { ring } from "./bell";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { Lead, openChannel } from "./lead";
import { alertOf, changed, heaped, isQuiet, MOST_APART, readAlerts, writeAlerts, type Alert, type AlertChanges, type Heap } from "./alerts";
import { pagePlace } from "./place.svelte";
import { rt } from "./reading-words.svelte";
import { session } from "./session.svelte";
import { views } from "./views.svelte";
import { watches } from "./watches.svelte";

/** What comes within it is told of together. */
const TOGETHER = 800;
/** Of one person at most: the title says that there is work, the list says how much. */
const MOST_COUNTED = 200;
const ALL = "onethread";
export type Allowed = NotificationPermission | "impossible";

class Notifier {
  readonly choices = $derived(readAlerts(session.me?.agent.settings));
  allowed: Allowed = $state("default");
  /** Conversations of this agent with something unread. */
  readonly #unread = new SvelteSet<Id>();
  readonly waiting = $derived(this.#unread.size);
  #lead: Lead | null = null;
  #writes: Promise<void> = Promise.resolve();
  #fresh: Alert[] = [];
  #told = new Map<Id, Heap>();
  #shown = new Map<string, Notification>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the feed said while the server counted: it is newer than the count. */
  #meanwhile: Map<Id, boolean> | null = null;

  /** Returns what ends it. */
  begin(): () => void {
    this.allowed = typeof Notification === "undefined" ? "impossible" : Notification.permission;
    const lead = (this.#lead = new Lead(navigator.locks, openChannel(), () => void session.refresh().catch(() => undefined)));
    const deaf = desk.listen((event) => this.take(event), () => void this.#count());
    const look = (): void => this.look();
    const leave = (): void => lead.look(null);
    for (const kind of ["focus", "blur", "visibilitychange"]) addEventListener(kind, look, true);
    addEventListener("pagehide", leave);
    void this.#count();
    const leaveWatches = watches.begin();
    return () => {
      leaveWatches();
      deaf();
      for (const kind of ["focus", "blur", "visibilitychange"]) removeEventListener(kind, look, true);
      removeEventListener("pagehide", leave);
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#fresh = [];
      for (const heap of [...this.#told.keys()]) this.#close(heap);
      this.#unread.clear();
      this.#lead = null;
      lead.end();
    };
  }

  /** What the reader looks at has changed, or whether they look at all. */
  look(): void {
    const isHere = document.visibilityState === "visible" && document.hasFocus();
    this.#lead?.look(isHere ? (desk.openPerson ?? "elsewhere") : null);
    if (isHere && desk.openPerson !== null) this.#close(desk.openPerson);
  }

  take(event: FeedEvent): void {
    if ("row" in event && event.row) {
      const { person_id, unread, owner, is_blocked } = event.row;
      this.#put(person_id, unread && owner?.id === session.agentId && !is_blocked);
      // Read here, in another tab or on another device: there is nothing left to tell.
      if (event.kind === "read.changed" && !unread) this.#close(person_id);
    }
    if (event.kind === "person.merged" || event.kind === "person.split") void this.#count();
    const alert = alertOf(event, session.agentId, (id) => watches.has(id));
    if (!alert || !(alert.isDanger || (this.choices.isOn && this.choices.kinds[alert.kind]))) return;
    this.#fresh.push(alert);
    this.#timer ??= setTimeout(() => this.#tell(), TOGETHER);
  }

  /** Only ever called from a click: browsers refuse, and people resent, what asks by itself. */
  async allow(): Promise<void> {
    if (typeof Notification === "undefined") return;
    this.allowed = await Notification.requestPermission();
    if (this.allowed === "granted") await this.change({ isOn: true });
  }

  /** Raises ApiError. What another tab or device changed of the settings since stays. */
  change(changes: AlertChanges): Promise<void> {
    const write = async (): Promise<void> => {
      await session.refresh();
      const before = session.me?.agent.settings;
      const settings = { ...before, alerts: writeAlerts(changed(readAlerts(before), changes)) };
      session.me = await take(api.PATCH("/api/v1/me", { body: { settings } }));
      this.#lead?.tellSettings();
    };
    // One after another: of two quick clicks the second must know of the first.
    const answer = this.#writes.then(write);
    this.#writes = answer.catch(() => undefined);
    return answer;
  }

  /** How it will look and sound. False: the browser does not show it. */
  tryOut(): boolean {
    if (this.choices.hasSound) ring();
    return this.#show(ALL, rt("alerts.try_title"), rt("alerts.try_text"), null);
  }

  #tell(): void {
    this.#timer = undefined;
    const lead = this.#lead;
    const isStill = isQuiet(this.choices.quiet, new Date());
    const fresh = this.#fresh.filter((one) => !lead?.isLookedAt(one.personId) && (one.isDanger || !isStill));
    this.#fresh = [];
    if (!lead?.isLeading || fresh.length === 0) return;
    // Whatever was chosen, and whatever the browser shows.
    const isDanger = fresh.some((one) => one.isDanger);
    if (isDanger || (this.choices.hasSound && this.allowed === "granted")) ring();
    if (this.allowed !== "granted") return;
    const heaps = heaped(this.#told, fresh);
    for (const heap of heaps) this.#told.set(heap.personId, heap);
    const plain = heaps.filter((heap) => !heap.newest.isDanger);
    const isTogether = plain.length > MOST_APART;
    if (isTogether) this.#tellTogether(plain, fresh.filter((one) => plain.some(({ personId }) => personId === one.personId)).length);
    for (const heap of heaps) if (heap.newest.isDanger || !isTogether) this.#tellOf(heap);
  }

  #tellOf({ personId, newest, count }: Heap): void {
    const { kind, name, author, text } = newest;
    const { showsText } = this.choices;
    const said = showsText ? text : "";
    const what =
      newest.isDanger ? rt("alerts.danger")
      : count > 1 ? rt("alerts.more", { n: count })
      : newest.isDue ? rt("alerts.due")
      : kind === "mention" && showsText ? rt("alerts.mentioned", { name: author })
      : kind === "assigned" && showsText ? rt("alerts.assigned", { name: author })
      : "";
    const body = [what, said].filter((line) => line !== "").join("\n");
    this.#show(`${ALL}.${personId}`, showsText ? name : rt("alerts.hidden"), body, personId);
  }

  #tellTogether(heaps: readonly Heap[], count: number): void {
    const names = new Intl.ListFormat(document.documentElement.lang, { type: "unit" }).format(heaps.slice(0, MOST_APART).map((one) => one.newest.name));
    const others = heaps.length - MOST_APART;
    const body = this.choices.showsText ? rt("alerts.of_many", { names, n: others }) : "";
    this.#show(ALL, rt("alerts.many", { n: count }), body, null);
  }

  #show(tag: string, title: string, body: string, personId: Id | null): boolean {
    try {
      // Browsers' own sound is left out: there is one, and it is ours.
      const made = new Notification(title, { body, tag, silent: true, icon: "/static/inbox/favicon.svg" });
      this.#shown.set(tag, made);
      made.onclose = () => this.#shown.get(tag) === made && this.#shown.delete(tag);
      made.onclick = () => {
        window.focus();
        pagePlace.go(personId === null ? toInbox("mine") : toInbox(views.current, personId));
        made.close();
      };
      return true;
    } catch {
      // Phones show notifications by a service worker only.
      this.allowed = "impossible";
      return false;
    }
  }

  #close(personId: Id): void {
    this.#told.delete(personId);
    this.#shown.get(`${ALL}.${personId}`)?.close();
  }

  async #count(): Promise<void> {
    const query = { q: "assignee:me is:unread", limit: MOST_COUNTED };
    const meanwhile = (this.#meanwhile = new Map<Id, boolean>());
    const index = await take(api.GET("/api/v1/conversations/index", { params: { query } })).catch(() => null);
    if (!index || this.#meanwhile !== meanwhile) return;
    this.#meanwhile = null;
    this.#unread.clear();
    for (const id of index.ids) this.#unread.add(id);
    for (const [id, waits] of meanwhile) this.#put(id, waits);
  }

  #put(id: Id, waits: boolean): void {
    this.#meanwhile?.set(id, waits);
    if (waits) this.#unread.add(id);
    else this.#unread.delete(id);
  }
}

export const notifier = new Notifier();
