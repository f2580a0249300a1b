// People who have what was typed in a name or an address, for a query that asks for somebody.
import { api, take } from "./client";
import { NOBODY, type People } from "./complete";

const PAUSE_MS = 150;

export class Named {
  people: People = $state.raw(NOBODY);
  #asked = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks once the typing pauses. An answer to what is not typed any more is let go. */
  look(part: string): void {
    if (part === this.#asked) return;
    this.#asked = part;
    clearTimeout(this.#timer);
    if (part === "") this.people = NOBODY;
    else this.#timer = setTimeout(() => void this.#ask(part), PAUSE_MS);
  }

  async #ask(part: string): Promise<void> {
    const answer = await take(api.GET("/api/v1/persons", { params: { query: { q: part.slice(0, 200) } } })).catch(() => null);
    if (part !== this.#asked) return;
    if (!answer) this.#asked = "";
    const found = (answer?.persons ?? []).map((one) => ({ id: one.id, name: told(one.display_name, one.identities[0]) }));
    this.people = answer ? { part, found } : NOBODY;
  }
}

/** The address tells two of one name apart. */
function told(name: string, address: string | undefined): string {
  return [...new Set([name, address])].filter(Boolean).join(" · ");
}
