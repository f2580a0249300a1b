// Files on their way to the server, before the message that they belong to.
import type { Attachment, Id, Reach } from "../../shared/api-types";
import { address, api, done, upload } from "./client";
import { sentence } from "./toasts.svelte";
import { t } from "./words.svelte";

export type Upload = {
  key: number;
  name: string;
  size: number;
  mediaType: string;
  share: number;
  problem: string;
  attachment: Attachment | null;
  file: File;
};

/** The files of one composer. */
export class Uploads {
  all: Upload[] = $state.raw([]);
  #next = 1;
  #aborts = new Map<number, AbortController>();

  get attachments(): Attachment[] {
    return this.all.flatMap((one) => (one.attachment ? [one.attachment] : []));
  }
  get isBusy(): boolean {
    return this.all.some((one) => !one.attachment && !one.problem);
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      const key = this.#next++;
      const { name, size } = file;
      const mediaType = file.type || "application/octet-stream";
      this.all = [...this.all, { key, name, size, mediaType, share: 0, problem: "", attachment: null, file }];
      void this.#send(key, file);
    }
  }

  retry(key: number): void {
    const one = this.all.find((upload) => upload.key === key);
    if (!one) return;
    this.#change(key, { problem: "", share: 0 });
    void this.#send(key, one.file);
  }

  drop(key: number): void {
    const one = this.all.find((upload) => upload.key === key);
    this.#aborts.get(key)?.abort();
    this.all = this.all.filter((upload) => upload.key !== key);
    // The janitor takes away what this request does not reach.
    if (!one?.attachment) return;
    const params = { path: { attachment_id: one.attachment.id } };
    void done(api.DELETE("/api/v1/uploads/{attachment_id}", { params })).catch(() => undefined);
  }

  /** The message took them: they are not ours to delete any more. */
  release(): void {
    this.all = [];
    this.#aborts.clear();
  }

  async #send(key: number, file: File): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(key, abort);
    const query = { name: file.name, media_type: file.type || "application/octet-stream" };
    try {
      const progress = (share: number): void => this.#change(key, { share });
      const attachment = await upload<Attachment>("/uploads", query, file, progress, abort.signal);
      this.#change(key, { attachment, share: 1 });
    } catch (error) {
      this.#change(key, { problem: sentence(error) || t("composer.upload_failed") });
    }
  }

  #change(key: number, changes: Partial<Upload>): void {
    this.all = this.all.map((one) => (one.key === key ? { ...one, ...changes } : one));
  }
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
export function refusal(files: readonly Upload[], reach: Reach | null): string {
  const limits = reach?.capabilities.files;
  if (!limits || files.length === 0) return "";
  if (limits.max_count === 0) return t("composer.no_files", { place: reach.account_label });
  if (files.length > limits.max_count) return t("composer.too_many_files", { n: limits.max_count });
  if (files.some((one) => one.size > limits.max_size)) {
    return t("composer.file_too_big", { size: Math.floor(limits.max_size / 1_000_000) });
  }
  const isTaken = (one: Upload): boolean =>
    limits.media_types.length === 0 || limits.media_types.some((kind) => matches(one.mediaType, kind));
  const refused = files.find((one) => !isTaken(one));
  return refused ? t("composer.wrong_kind", { name: refused.name }) : "";
}

function matches(mediaType: string, kind: string): boolean {
  return kind === "*/*" || kind === mediaType || (kind.endsWith("/*") && mediaType.startsWith(kind.slice(0, -1)));
}
