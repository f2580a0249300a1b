// The topics of the desk as whoever keeps them sees them: each before those below it, with all that is said of it.
import type { Id, NewTopic, Topic, TopicChange } from "../../shared/api-types";
import { api, done, take } from "./client";
import { topics } from "./topics.svelte";

class TopicTree {
  all: Topic[] = $state.raw([]);
  isLoaded = $state(false);

  async load(): Promise<void> {
    this.all = (await take(api.GET("/api/v1/topics"))).topics;
    this.isLoaded = true;
  }

  save(id: Id | null, topic: NewTopic): Promise<void> {
    const body: TopicChange = topic;
    return this.#then(
      id === null ? done(api.POST("/api/v1/topics", { body: topic })) : done(api.PATCH("/api/v1/topics/{topic_id}", { params: { path: { topic_id: id } }, body })),
    );
  }

  retire(id: Id): Promise<void> {
    return this.#then(done(api.DELETE("/api/v1/topics/{topic_id}", { params: { path: { topic_id: id } } })));
  }

  /** What is missing of the ready tree of an exchange. */
  addReady(language: "en" | "zh" | "ru"): Promise<void> {
    return this.#then(done(api.POST("/api/v1/topics/ready", { body: { language } })));
  }

  async #then(call: Promise<void>): Promise<void> {
    await call;
    await Promise.all([this.load(), topics.load()]);
  }
}

export const topicTree = new TopicTree();
