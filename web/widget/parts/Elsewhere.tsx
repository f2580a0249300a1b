import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Chat } from "../chat";
import { isOpened, type LinkCode, timeLeft } from "../elsewhere";
import { t } from "../words";

/** Whoever is signed in may go on by other channels: a code for each, how long it is good, and where to. */
export function Elsewhere({ chat }: { chat: Chat }) {
  const made = useSignal<LinkCode | undefined>(undefined);
  const isBusy = useSignal(false);
  const hasFailed = useSignal(false);
  const now = useSignal(0);
  const until = useSignal(0);
  const left = made.value && timeLeft(until.value, now.value);

  useEffect(() => {
    const ticking = setInterval(() => (now.value = Date.now()), 1000);
    return () => clearInterval(ticking);
  }, []);

  async function ask(): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    hasFailed.value = false;
    try {
      const answer = await chat.api.ask("link-codes", { method: "POST" }, await chat.token());
      made.value = (await answer.json()) as LinkCode;
      now.value = Date.now();
      until.value = now.value + made.value.seconds * 1000;
    } catch {
      hasFailed.value = true;
    }
    isBusy.value = false;
  }

  return (
    <div class="lost elsewhere" dir="auto">
      {made.value && left ? (
        <>
          <div>{t("codeHow")}</div>
          <b class="code" dir="ltr">
            {made.value.code}
          </b>
          <ul>
            {made.value.targets.map(({ name, address, url }) => (
              <li key={name + address}>
                {isOpened(url) ? (
                  <a href={url} target="_blank" rel="noopener noreferrer">
                    {name}
                  </a>
                ) : (
                  `${name} ${address}`
                )}
              </li>
            ))}
          </ul>
          <small role="timer">{t("codeLeft", { left })}</small>{" "}
        </>
      ) : (
        made.value && <span>{t("codeOver")} </span>
      )}
      {hasFailed.value && <span role="alert">{t("codeFailed")} </span>}
      <button class="link" aria-disabled={isBusy.value} onClick={() => void ask()}>
        {t(made.value ? "codeAgain" : "codeAsk")}
      </button>
    </div>
  );
}
