// The agent's keys: kept with them at the server, so that they are the same at every desk.
import { bindingsOf, clash, OWN_KEYS, readChoices, withKeys, writeChoices, type KeyChoices } from "../../shared/keymap";
import { keysOf, strokeOf, type Command } from "../../shared/keys";
import { api, take } from "./client";
import { session } from "./session.svelte";

class Keymap {
  /** Until the server has confirmed it, what was chosen a moment ago. */
  #chosen = $state.raw<KeyChoices | null>(null);
  readonly choices = $derived(this.#chosen ?? readChoices(session.me?.agent.settings));
  readonly bindings = $derived(bindingsOf(this.choices));

  of(command: Command): string {
    return keysOf(command, this.bindings);
  }
  /** What a key does while one writes. What an input method composes with is nobody else's. */
  whileWriting(event: KeyboardEvent): Command | null {
    if (event.isComposing || event.keyCode === 229) return null;
    const stroke = strokeOf(event);
    return this.bindings.find((one) => one.where === "composer" && one.keys === stroke)?.command ?? null;
  }
  taken(command: Command, keys: string): Command | null {
    return clash(this.choices, command, keys);
  }
  change(command: Command, keys: string): Promise<void> {
    return this.#keep(withKeys(this.choices, command, keys));
  }
  allowSingle(hasSingle: boolean): Promise<void> {
    return this.#keep({ ...this.choices, hasSingle });
  }
  restore(): Promise<void> {
    return this.#keep(OWN_KEYS);
  }

  async #keep(choices: KeyChoices): Promise<void> {
    this.#chosen = choices;
    try {
      const settings = { ...session.me?.agent.settings, keys: writeChoices(choices) };
      session.me = await take(api.PATCH("/api/v1/me", { body: { settings } }));
    } finally {
      this.#chosen = null;
    }
  }
}

export const keymap = new Keymap();
