// Photos of agents: whose picture stands where. Asked for when the first one is drawn, and anew now and then.
import { SvelteMap } from "svelte/reactivity";
import type { Id } from "../../shared/api-types";
import { api, done, take } from "./client";
import { session } from "./session.svelte";

/** Colleagues see a new photo after so long at the latest. */
const RENEWED_AFTER = 5 * 60_000;
/** Pixels of each side: enough for the largest place at which one is shown, on a sharp screen. */
const SIDE = 192;
const QUALITY = 0.85;

class Photos {
  readonly #versions = new SvelteMap<Id, string>();
  #askedAt = -Infinity;

  /** The address of an agent's photo. Callers may call at every draw. */
  of(id: Id): string | undefined {
    if (session.me && Date.now() - this.#askedAt > RENEWED_AFTER) {
      this.#askedAt = Date.now();
      queueMicrotask(() => void this.load().catch(() => undefined));
    }
    const version = this.#versions.get(id);
    return version && `/api/v1/agents/${id}/photo/${version}`;
  }

  async load(): Promise<void> {
    const { photos } = await take(api.GET("/api/v1/agent-photos"));
    const now = new Map(photos.map((one) => [one.agent_id, one.version]));
    for (const id of [...this.#versions.keys()]) if (!now.has(id)) this.#versions.delete(id);
    for (const [id, version] of now) this.#versions.set(id, version);
  }

  /** One's own. Raises ApiError. */
  async put(picture: Blob): Promise<void> {
    const headers = { "Content-Type": "image/jpeg" };
    const made = await take(api.PUT("/api/v1/me/photo", { body: picture, bodySerializer: (body) => body as Blob, headers }));
    this.#versions.set(made.agent_id, made.version);
  }

  /** A colleague's, who may put another one. Raises ApiError. */
  async dropOf(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/agents/{agent_id}/photo", { params: { path: { agent_id: id } } }));
    this.#versions.delete(id);
  }

  async drop(): Promise<void> {
    await done(api.DELETE("/api/v1/me/photo"));
    this.#versions.delete(session.agentId);
  }
}

/** The middle of a picture, small and square, without what its camera wrote beside it; null: it cannot be read. */
export async function portrait(file: File): Promise<Blob | null> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const context = canvas.getContext("2d");
  if (!picture || !context) return null;
  const side = Math.min(picture.width, picture.height);
  context.fillStyle = "white"; // What was seen through has a ground: JPEG has no holes.
  context.fillRect(0, 0, SIDE, SIDE);
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

export const photos = new Photos();
