// The live log of one account: lines by key, as the server's stream tells them.
import type { Id, LogLine } from "../../shared/api-types";
import { address, api, take } from "./client";
import { joined, MOST } from "./loglines";

export class LiveLog {
  lines: LogLine[] = $state.raw([]);
  isCut = $state(false);
  isPaused = $state(false);
  waiting: LogLine[] = $state.raw([]);
  isLoaded = $state(false);
  #source: EventSource | null = null;

  start(accountId: Id): void {
    this.stop();
    const source = new EventSource(address(`/accounts/${accountId}/log/stream`));
    source.onopen = () => {
      this.isCut = false;
      this.isLoaded = true;
    };
    source.onerror = () => (this.isCut = true);
    source.onmessage = (event: MessageEvent<string>) => this.#take((JSON.parse(event.data) as { lines: LogLine[] }).lines);
    this.#source = source;
  }

  stop(): void {
    this.#source?.close();
    this.#source = null;
  }

  pause(isOn: boolean): void {
    this.isPaused = isOn;
    if (isOn) return;
    this.lines = joined(this.lines, this.waiting);
    this.waiting = [];
  }

  /** All that happened to one message, also longer ago than the stream tells. */
  async ofMessage(accountId: Id, messageId: Id): Promise<LogLine[]> {
    const params = { path: { account_id: accountId }, query: { message_id: messageId } };
    const { lines } = await take(api.GET("/api/v1/accounts/{account_id}/log", { params }));
    return [...lines];
  }

  #take(lines: LogLine[]): void {
    if (this.isPaused) this.waiting = [...this.waiting, ...lines].slice(-MOST);
    else this.lines = joined(this.lines, lines);
  }
}
