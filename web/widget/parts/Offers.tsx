import { useEffect } from "preact/hooks";
import type { Chat } from "../chat";
import { adopt } from "../styles";
import { t } from "../words";

adopt(`
.offers{display:flex;flex-wrap:wrap;justify-content:flex-end;gap:8px;margin-block:8px 4px;margin-inline-start:40px}
.offers button{min-height:44px;padding:8px 16px;border:1px solid var(--accent);border-radius:22px;text-align:start;overflow-wrap:anywhere;background:var(--surface)}
.offers button:hover{background:var(--raised)}
`);

/** What may be said by pressing a button, until anything else is said. */
export function Offers({ chat, offers }: { chat: Chat; offers: readonly string[] }) {
  // They may have come after the conversation was scrolled to its end.
  useEffect(() => void chat.drawn.value++, []);

  function say(event: Event, text: string): void {
    const root = (event.currentTarget as Element).getRootNode() as ShadowRoot;
    chat.say(text);
    // The button goes with it: what was focused must not be lost.
    root.querySelector("textarea")?.focus();
  }
  return (
    <div class="offers" role="group" aria-label={t("offers")}>
      {offers.map((one) => (
        <button key={one} dir="auto" onClick={(event) => say(event, one)}>
          {one}
        </button>
      ))}
    </div>
  );
}
