// Names of people that have what was typed, for a query that asks for somebody.
import { api, take } from "./client";

const PAUSE_MS = 150;

export class Named {
  names: readonly string[] = $state.raw([]);
  #asked = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks once the typing pauses. An answer to what is not typed any more is let go. */
  look(part: string): void {
    if (part === this.#asked) return;
    this.#asked = part;
    clearTimeout(this.#timer);
    if (part === "") this.names = [];
    else this.#timer = setTimeout(() => void this.#ask(part), PAUSE_MS);
  }

  async #ask(part: string): Promise<void> {
    const found = await take(api.GET("/api/v1/persons", { params: { query: { q: part.slice(0, 200) } } })).catch(() => null);
    if (found && part === this.#asked) this.names = [...new Set(found.persons.map((one) => one.display_name).filter(Boolean))];
  }
}
