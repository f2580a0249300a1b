// What replies may be about, and what each needs: asked for once, kept by who runs the desk.
import type { Id, NewTopic, ReplyTopic, TopicChange } from "../../shared/api-types";
import { api, done, take } from "./client";

class Topics {
  all: ReplyTopic[] = $state.raw([]);
  #asked: Promise<void> | null = null;

  /** Fetch unless they are here. Callers may call at every draw. */
  want(): void {
    this.#asked ??= this.load().catch(() => void (this.#asked = null));
  }

  async load(): Promise<void> {
    const { topics } = await take(api.GET("/api/v1/reply-topics"));
    this.all = topics.toSorted((one, other) => one.name.localeCompare(other.name));
  }

  find(id: Id | null | undefined): ReplyTopic | undefined {
    return this.all.find((one) => one.id === id);
  }

  named(name: string): ReplyTopic | undefined {
    return name === "" ? undefined : this.all.find((one) => one.name === name);
  }

  async add(topic: NewTopic): Promise<void> {
    await done(api.POST("/api/v1/reply-topics", { body: topic }));
    await this.load();
  }

  async change(id: Id, changes: TopicChange): Promise<void> {
    await done(api.PATCH("/api/v1/reply-topics/{topic_id}", { params: { path: { topic_id: id } }, body: changes }));
    await this.load();
  }

  async remove(id: Id): Promise<void> {
    await done(api.DELETE("/api/v1/reply-topics/{topic_id}", { params: { path: { topic_id: id } } }));
    await this.load();
  }
}

export const topics = new Topics();
