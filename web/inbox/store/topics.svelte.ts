// What replies may be about, and what each needs: asked for once, kept by who runs the desk.
import type { Id, ReplyTopic } from "../../shared/api-types";
import { api, take } from "./client";
import { speech } from "./words.svelte";

/** In the reader's language, where the desk says how it is called there. */
export const topicName = ({ name, names }: ReplyTopic): string => names[speech.language] ?? name;

class Topics {
  all: ReplyTopic[] = $state.raw([]);
  #asked: Promise<void> | null = null;

  /** Fetch unless they are here. Callers may call at every draw. */
  want(): void {
    this.#asked ??= this.load().catch(() => void (this.#asked = null));
  }

  async load(): Promise<void> {
    const { topics } = await take(api.GET("/api/v1/reply-topics"));
    this.all = topics.toSorted((one, other) => topicName(one).localeCompare(topicName(other)));
  }

  find(id: Id | null | undefined): ReplyTopic | undefined {
    return this.all.find((one) => one.id === id);
  }

  /** As the reader calls it; one that is not in use any more, by its own name. */
  called(id: Id | null | undefined, name: string): string {
    if (name !== "") this.want();
    const one = this.find(id);
    return one ? topicName(one) : name;
  }

  /** One that is told by its own name alone, as the reader calls it. */
  calledAs(name: string): string {
    return this.called(this.named(name)?.id, name);
  }

  named(name: string): ReplyTopic | undefined {
    return name === "" ? undefined : this.all.find((one) => one.name === name);
  }
}

export const topics = new Topics();
