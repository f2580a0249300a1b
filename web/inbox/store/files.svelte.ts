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
};

/** The files of one draft that are still under way, or did not get there. */
export class Uploads {
  all: Upload[] = $state.raw([]);
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
    known.set(this.#place, this);
    for (const file of files) {
      const key = this.#next++;
      this.all = [...this.all, { key, name: file.name, size: file.size, share: 0, problem: "", file }];
      void this.#send(key, file);
    }
  }

  retry(key: number): void {
    const one = this.all.find((upload) => upload.key === key);
    if (!one) return;
    this.#change(key, { problem: "", share: 0 });
    void this.#send(key, one.file);
  }

  /** One that has not arrived. */
  cancel(key: number): void {
    this.#aborts.get(key)?.abort();
    this.#aborts.delete(key);
    this.all = this.all.filter((upload) => upload.key !== key);
    if (this.all.length === 0 && known.get(this.#place) === this) known.delete(this.#place);
  }

  originalOf(id: Id): File | undefined {
    return this.#originals.get(id);
  }

  /** Another file in its place. */
  replace(id: Id, file: File): void {
    this.drop(id);
    this.add([file]);
  }

  /** What it shows, for those who cannot see it. Raises ApiError. */
  async describe(id: Id, description: string): Promise<void> {
    const params = { path: { attachment_id: id } };
    await done(api.PATCH("/api/v1/uploads/{attachment_id}", { params, body: { description } }));
    const files = this.files.map((one) => (one.id === id ? { ...one, description } : one));
    drafts.write(this.personId, this.kind, { files });
  }

  /** One that the draft has. */
  drop(id: Id): void {
    this.#originals.delete(id);
    drafts.write(this.personId, this.kind, { files: this.files.filter((one) => one.id !== id) });
    // The janitor takes away what this request does not reach.
    const params = { path: { attachment_id: id } };
    void done(api.DELETE("/api/v1/uploads/{attachment_id}", { params })).catch(() => undefined);
  }

  async #send(key: number, file: File): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(key, abort);
    const query = { name: file.name, media_type: file.type || "application/octet-stream" };
    try {
      const progress = (share: number): void => this.#change(key, { share });
      const attachment = await upload<Attachment>("/uploads", query, file, progress, abort.signal);
      if (abort.signal.aborted) return;
      this.#originals.set(attachment.id, file);
      this.cancel(key);
      drafts.write(this.personId, this.kind, { files: [...this.files, attachment] });
    } catch (error) {
      if (!abort.signal.aborted) this.#change(key, { problem: sentence(error) || t("composer.upload_failed") });
    }
  }

  #change(key: number, changes: Partial<Upload>): void {
    this.all = this.all.map((one) => (one.key === key ? { ...one, ...changes } : one));
  }
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
