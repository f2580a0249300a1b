import type { Api } from "./api";

/** Bytes: what the desk keeps of a photo is smaller. */
const LARGEST = 100_000;
const TOGETHER = 30;
const MOST = 100;

type Listed = { faces: { seq: number; version: string }[] };
type Waiting = { seq: number; done: (version: string | undefined) => void };

/** Photos of who answered: asked for together as they are drawn, each fetched once, by an address that is the same for everybody. */
export class Faces {
  readonly #versions = new Map<number, Promise<string | undefined>>();
  readonly #photos = new Map<string, Promise<ImageBitmap | undefined>>();
  #waiting: Waiting[] = [];

  constructor(
    readonly api: Pick<Api, "ask" | "json">,
    readonly token: () => Promise<string>,
  ) {}

  /** Of whoever wrote this answer; undefined: there is none, or it cannot be had. */
  async of(seq: number): Promise<ImageBitmap | undefined> {
    const version = await (this.#versions.get(seq) ?? this.#ask(seq));
    if (version === undefined) return undefined;
    const photo = this.#photos.get(version) ?? this.#fetch(version);
    this.#photos.set(version, photo);
    return photo;
  }

  #ask(seq: number): Promise<string | undefined> {
    if (!this.#waiting.length) setTimeout(() => void this.#askAll(), TOGETHER);
    const asked = new Promise<string | undefined>((done) => this.#waiting.push({ seq, done }));
    this.#versions.set(seq, asked);
    return asked;
  }

  async #askAll(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < waiting.length; at += MOST) {
      const some = waiting.slice(at, at + MOST);
      const found = await this.token()
        .then((token) => this.api.json<Listed>(`faces?of=${some.map((one) => one.seq).join()}`, {}, token))
        .catch(() => undefined);
      const versions = new Map(found?.faces.map((one) => [one.seq, one.version]));
      for (const { seq, done } of some) {
        // Asked for again with the next draw.
        if (!found) this.#versions.delete(seq);
        done(versions.get(seq));
      }
    }
  }

  async #fetch(version: string): Promise<ImageBitmap | undefined> {
    try {
      const answer = await this.api.ask(`faces/${version}`, {}, await this.token());
      const blob = await answer.blob();
      if (blob.type !== "image/jpeg" || blob.size > LARGEST) return undefined;
      return await createImageBitmap(blob);
    } catch {
      this.#photos.delete(version);
      return undefined;
    }
  }
}
