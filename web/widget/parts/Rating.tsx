import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { rate } from "../rating";
import { adopt } from "../styles";
import { t } from "../words";

const SCALE = [1, 2, 3, 4, 5];
const STAR = "m12 2.6 2.9 6 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.5l6.5-.9z";

adopt(`
.rating{padding:14px 18px;border-block-start:1px solid var(--line);display:flex;flex-direction:column;gap:10px;flex:none}
.rating fieldset{border:0;padding:0;min-width:0}.rating legend{font-weight:600;padding:0;margin-block-end:4px}
.stars{display:flex;margin-inline-start:-8px}.stars label{position:relative;display:grid;place-items:center;width:44px;height:44px;color:var(--edge);cursor:pointer}
.stars svg{fill:none;stroke:currentColor;stroke-width:1.5;stroke-linejoin:round}.stars .lit svg{fill:currentColor}
.stars label.lit{color:#c2620a}:host([data-theme=dark]) .stars label.lit{color:#fbbf24}
@media(prefers-color-scheme:dark){:host([data-theme=auto]) .stars label.lit{color:#fbbf24}}
.stars input{position:absolute;inset:0;opacity:0;width:44px;cursor:pointer}
.stars label:has(:focus-visible){outline:2px solid var(--accent);outline-offset:-4px;border-radius:12px}
.rating textarea{border:1px solid var(--edge);border-radius:12px;padding:11px 12px;min-height:66px}
.rating textarea:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.rating p{display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px}
`);

/** How it was: stars, then words. It stays in the chat, and may be changed for a while. */
export function Rating({ chat }: { chat: Chat }) {
  const asked = chat.rateable.value!;
  const stars = useSignal(asked.rating ?? 0);
  const words = useSignal(asked.comment);
  const isOpen = useSignal(asked.rating === null);
  const hasFailed = useSignal(false);
  const done = useRef<HTMLParagraphElement>(null);
  const isDone = asked.rating !== null && !isOpen.value;
  const hadSent = useRef(false);
  useEffect(() => {
    if (isDone && hadSent.current) done.current?.focus();
  }, [isDone]);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    hasFailed.value = false;
    hadSent.current = true;
    try {
      await rate(chat, asked.key, stars.value, words.value.trim());
      isOpen.value = false;
    } catch {
      hasFailed.value = true;
    }
  }

  if (isDone)
    return (
      <div class="rating">
        <p role="status" tabIndex={-1} ref={done} dir="auto">
          {t("rated", { n: asked.rating! })}
          <button class="link" onClick={() => (isOpen.value = true)}>
            {t("rateChange")}
          </button>
        </p>
      </div>
    );
  return (
    <form class="rating" onSubmit={(event) => void send(event)}>
      <fieldset>
        <legend dir="auto">{t("rate")}</legend>
        <div class="stars">
          {SCALE.map((n) => (
            <label key={n} class={n <= stars.value ? "lit" : ""}>
              <input
                type="radio"
                name="stars"
                checked={stars.value === n}
                aria-label={t("rating", { n })}
                onChange={() => (stars.value = n)}
              />
              <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
                <path d={STAR} />
              </svg>
            </label>
          ))}
        </div>
      </fieldset>
      {stars.value > 0 && (
        <>
          <textarea
            rows={2}
            dir="auto"
            maxLength={1000}
            aria-label={t("words")}
            placeholder={t("words")}
            value={words.value}
            onInput={(event) => (words.value = event.currentTarget.value)}
          />
          {hasFailed.value && (
            <div class="note" role="alert">
              {t("failedNow")}
            </div>
          )}
          <button class="strong">{t("rateSend")}</button>
        </>
      )}
    </form>
  );
}
