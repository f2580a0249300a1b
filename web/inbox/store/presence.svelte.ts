// Who else is here: agents at a conversation, and people who are typing. Nothing of it is kept.
import { SvelteMap } from "svelte/reactivity";
import type { Id } from "../../shared/api-types";
import type { Activity, AgentPresence, ClientFrame, LiveFrame } from "../../shared/feed-types";
import { session } from "./session.svelte";

const TYPING_FOR = 6000;
const REPEAT = 10_000;
const TYPING_AGAIN = 3000;

class Presence {
  agents: AgentPresence[] = $state.raw([]);
  readonly typing = new SvelteMap<Id, string>();
  send: (frame: ClientFrame) => void = () => {};
  #timers = new Map<Id, ReturnType<typeof setTimeout>>();
  #mine: { personId: Id | null; activity: Activity } = { personId: null, activity: "viewing" };

  take(frame: LiveFrame): void {
    if (frame.kind === "presence") {
      this.agents = frame.agents.filter((one) => one.agent_id !== session.agentId);
      return;
    }
    clearTimeout(this.#timers.get(frame.person_id));
    if (!frame.is_typing) {
      this.typing.delete(frame.person_id);
      return;
    }
    this.typing.set(frame.person_id, frame.name);
    this.#timers.set(frame.person_id, setTimeout(() => this.typing.delete(frame.person_id), TYPING_FOR));
  }

  at(personId: Id): AgentPresence[] {
    return this.agents.filter((one) => one.person_id === personId);
  }

  /** Tell the others what this agent is at. Said again now and then, because it goes stale. */
  tell(personId: Id | null, activity: Activity): void {
    if (this.#mine.personId === personId && this.#mine.activity === activity) return;
    this.#mine = { personId, activity };
    this.repeat();
  }

  repeat(): void {
    const { personId, activity } = this.#mine;
    this.send({ type: "presence", person_id: personId, activity });
  }

  #saidTypingAt = 0;

  /** The person sees that somebody writes; said at most every three seconds. */
  sayTyping(placeId: Id): void {
    if (Date.now() - this.#saidTypingAt < TYPING_AGAIN) return;
    this.#saidTypingAt = Date.now();
    this.send({ type: "typing", place_id: placeId, is_typing: true });
  }

  stopTyping(placeId: Id): void {
    this.#saidTypingAt = 0;
    this.send({ type: "typing", place_id: placeId, is_typing: false });
  }

  begin(): () => void {
    const timer = setInterval(() => this.repeat(), REPEAT);
    return () => clearInterval(timer);
  }
}

export const presence = new Presence();
