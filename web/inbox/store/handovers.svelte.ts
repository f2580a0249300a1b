// What shifts handed over, newest first, and the packet that is looked at; followed as agents note and take over.
import type { Handover, HandoverPacket, Id } from "../../shared/api-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";

const path = (handover_id: Id): { path: { handover_id: Id } } => ({ path: { handover_id } });

class Handovers {
  all: Handover[] = $state.raw([]);
  packet: HandoverPacket | null = $state.raw(null);
  isLoaded = $state(false);
  #isFollowed = false;
  #turn = 0;

  /** The list, and the packet that is open; else the first that is for oneself, else the newest. */
  async load(): Promise<void> {
    if (!this.#isFollowed) {
      const again = (): void => void (this.isLoaded && this.load().catch(() => undefined));
      desk.listen((event) => event.kind === "handover.changed" && again(), again);
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const { handovers } = await take(api.GET("/api/v1/handovers"));
    const kept = handovers.find((one) => one.id === this.packet?.handover.id);
    const wanted = kept ?? handovers.find((one) => one.is_for_me) ?? handovers[0];
    const packet = wanted ? await take(api.GET("/api/v1/handovers/{handover_id}", { params: path(wanted.id) })) : null;
    if (turn !== this.#turn) return;
    this.all = handovers;
    this.packet = packet;
    this.isLoaded = true;
  }

  async open(id: Id): Promise<void> {
    this.#put(await take(api.GET("/api/v1/handovers/{handover_id}", { params: path(id) })));
  }

  async make(teamId: Id): Promise<void> {
    this.#put(await take(api.POST("/api/v1/handovers", { body: { team_id: teamId } })));
    await this.load();
  }

  async note(id: Id, text: string): Promise<void> {
    this.#put(await take(api.PUT("/api/v1/handovers/{handover_id}/note", { params: path(id), body: { text } })));
  }

  async takeOver(id: Id): Promise<void> {
    this.#put(await take(api.POST("/api/v1/handovers/{handover_id}/receipt", { params: path(id) })));
    await this.load();
  }

  forget(): void {
    this.#turn += 1;
    this.all = [];
    this.packet = null;
    this.isLoaded = false;
  }

  #put(packet: HandoverPacket): void {
    this.#turn += 1;
    this.packet = packet;
  }
}

export const handovers = new Handovers();
desk.whenEnded(() => handovers.forget());
