// Files on their way to the server, before the message that they belong to. What has arrived is the draft's.
import type { Attachment, Id, Reach } from "../../shared/api-types";
import { address, api, done, upload } from "./client";
import { drafts, type Kind } from "./drafts.svelte";
import { sentence } from "./toasts.svelte";
import { t } from "./words.svelte";

export type Upload = {
  key: number;
  name: string;
  size: number;
  share: number;
  problem: string;
  file: File;
  /** Which of the draft's files it takes the place of, once it has arrived. */
  inPlaceOf?: Id;
};

/** The files of one draft that are still under way, or did not get there. */
export class Uploads {
  all: Upload[] = $state.raw([]);
  /** Words on a picture are on their way; they must be there before what they go with. */
  telling: Promise<boolean> | null = null;
  #next = 1;
  #aborts = new Map<number, AbortController>();
  /** What was chosen in this page, by what the server made of it: a smaller one can be made of it. */
  #originals = new Map<Id, File>();

  constructor(
    private readonly personId: Id,
    private readonly kind: Kind,
  ) {}

  get #place(): string {
    return `${this.personId}/${this.kind}`;
  }

  get files(): readonly Attachment[] {
    return drafts.of(this.personId, this.kind).files;
  }

  add(files: Iterable<File>): void {
    for (const file of files) this.#begin(file);
  }

  retry(key: number): void {
    const one = this.all.find((upload) => upload.key === key);
    if (!one) return;
    this.#change(key, { problem: "", share: 0 });
    void this.#send(one);
  }

  /** One that has not arrived. */
  cancel(key: number): void {
    this.#aborts.get(key)?.abort();
    this.#aborts.delete(key);
    this.all = this.all.filter((upload) => upload.key !== key);
    this.#rest();
  }

  originalOf(id: Id): File | undefined {
    return this.#originals.get(id);
  }

  /** Another file in its place, with the same words. Until that has arrived, the draft keeps the one it has. */
  replace(id: Id, file: File): void {
    this.#begin(file, id);
  }

  /** What it shows, for those who cannot see it. Raises ApiError. */
  async describe(id: Id, description: string): Promise<void> {
    const told = Promise.all([this.telling, describe(id, description)]);
    const telling = told.then(([before]) => before !== false, () => false);
    this.telling = telling;
    known.set(this.#place, this);
    try {
      await told;
      this.#put(this.files.map((one) => (one.id === id ? { ...one, description } : one)));
    } finally {
      if (this.telling === telling) this.telling = null;
      this.#rest();
    }
  }

  /** Runs it when all words have arrived; the other, if some did not. */
  async whenTold(run: () => void, otherwise: () => void): Promise<void> {
    while (this.telling) if (!(await this.telling)) return otherwise();
    run();
  }

  /** One that the draft has. */
  drop(id: Id): void {
    this.#originals.delete(id);
    this.#put(this.files.filter((one) => one.id !== id));
    forget(id);
  }

  #begin(file: File, inPlaceOf?: Id): void {
    known.set(this.#place, this);
    const one = { key: this.#next++, name: file.name, size: file.size, share: 0, problem: "", file, inPlaceOf };
    this.all = [...this.all, one];
    void this.#send(one);
  }

  #put(files: readonly Attachment[]): void {
    drafts.write(this.personId, this.kind, { files });
  }

  /** Nothing is under way any more: the next who looks makes their own. */
  #rest(): void {
    if (this.all.length === 0 && !this.telling && known.get(this.#place) === this) known.delete(this.#place);
  }

  async #send({ key, file, inPlaceOf }: Upload): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(key, abort);
    const query = { name: file.name, media_type: file.type || "application/octet-stream" };
    try {
      const progress = (share: number): void => this.#change(key, { share });
      const attachment = await upload<Attachment>("/uploads", query, file, progress, abort.signal);
      if (abort.signal.aborted) return;
      this.#originals.set(attachment.id, file);
      if (inPlaceOf !== undefined) await this.#swap(inPlaceOf, attachment);
      else this.#put([...this.files, attachment]);
      this.cancel(key);
    } catch (error) {
      if (!abort.signal.aborted) this.#change(key, { problem: sentence(error) || t("composer.upload_failed") });
    }
  }

  /** Raises ApiError, with the draft as it was. What was dropped meanwhile gets nothing in its place. */
  async #swap(id: Id, made: Attachment): Promise<void> {
    await this.telling;
    const description = this.files.find((one) => one.id === id)?.description ?? "";
    if (description) await describe(made.id, description);
    const isThere = this.files.some((one) => one.id === id);
    if (isThere) this.#put(this.files.map((one) => (one.id === id ? { ...made, description } : one)));
    this.#originals.delete(isThere ? id : made.id);
    forget(isThere ? id : made.id);
  }

  #change(key: number, changes: Partial<Upload>): void {
    this.all = this.all.map((one) => (one.key === key ? { ...one, ...changes } : one));
  }
}

function describe(id: Id, description: string): Promise<void> {
  const params = { path: { attachment_id: id } };
  return done(api.PATCH("/api/v1/uploads/{attachment_id}", { params, body: { description } }));
}

/** The janitor takes away what this request does not reach. */
function forget(id: Id): void {
  const params = { path: { attachment_id: id } };
  void done(api.DELETE("/api/v1/uploads/{attachment_id}", { params })).catch(() => undefined);
}

/** Those with files under way, by draft. */
const known = new Map<string, Uploads>();

/** Those of a draft. They go on while another conversation is looked at. */
export function uploadsOf(personId: Id, kind: Kind): Uploads {
  return known.get(`${personId}/${kind}`) ?? new Uploads(personId, kind);
}

/** Another agent may sign in: nothing of this one's goes on. */
export function forgetUploads(): void {
  for (const uploads of [...known.values()]) for (const one of uploads.all) uploads.cancel(one.key);
}

const PREVIEWED = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export function isPreviewed(file: Pick<Attachment, "media_type">): boolean {
  return PREVIEWED.has(file.media_type);
}
/** Browsers play it; what it really is the server says by its bytes. */
export function isSound(file: Pick<Attachment, "media_type">): boolean {
  return /^audio\/(ogg|mpeg|mp4|(x-)?m4a|(x-)?wav|(x-)?flac)$/.test(file.media_type);
}
export function previewAddress(id: Id): string {
  return address(`/attachments/${id}`, { inline: 1 });
}
export function fileAddress(id: Id): string {
  return address(`/attachments/${id}`);
}
export function originalAddress(messageId: Id, withImages: boolean): string {
  return address(`/messages/${messageId}/html`, withImages ? { images: 1 } : {});
}
export function sourceAddress(messageId: Id): string {
  return address(`/messages/${messageId}/source`);
}

/** Why the channel will not take these files, or an empty string. */
export function refusal(files: readonly Attachment[], reach: Reach | null): string {
  const limits = reach?.capabilities.files;
  if (!limits || files.length === 0) return "";
  if (limits.max_count === 0) return t("composer.no_files", { place: reach.account_label });
  if (files.length > limits.max_count) return t("composer.too_many_files", { n: limits.max_count });
  if (files.some((one) => one.size > limits.max_size)) {
    return t("composer.file_too_big", { size: Math.floor(limits.max_size / 1_000_000) });
  }
  const isTaken = (one: Attachment): boolean =>
    limits.media_types.length === 0 || limits.media_types.some((kind) => matches(one.media_type, kind));
  const refused = files.find((one) => !isTaken(one));
  return refused ? t("composer.wrong_kind", { name: refused.name }) : "";
}

function matches(mediaType: string, kind: string): boolean {
  return kind === "*/*" || kind === mediaType || (kind.endsWith("/*") && mediaType.startsWith(kind.slice(0, -1)));
}
