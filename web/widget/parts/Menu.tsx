import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { doubt, end, forget, tell } from "../leaving";
import { look } from "../rating";
import { adopt } from "../styles";
import { everything, written } from "../transcript";
import { t } from "../words";
import { save } from "./save";

adopt(`
.menu{position:absolute;z-index:2;inset-block-start:6px;inset-inline-end:12px;min-width:230px;max-width:calc(100% - 24px);padding:6px;border-radius:14px;
background:var(--surface);border:1px solid var(--line);box-shadow:var(--shade)}
.menu button{display:flex;align-items:center;gap:10px;width:100%;min-height:44px;padding:8px 12px;border-radius:10px;text-align:start}
.menu button:hover{background:var(--raised)}.menu .bad{color:var(--bad)}
.menu .on{margin-inline-start:auto;width:34px;height:20px;border-radius:10px;background:var(--edge);position:relative;flex:none}
.menu .on:after{content:"";position:absolute;inset-block-start:3px;inset-inline-start:3px;width:14px;height:14px;border-radius:50%;background:#fff}
.menu [aria-checked=true] .on{background:var(--accent)}.menu [aria-checked=true] .on:after{inset-inline-start:17px;background:var(--on-accent)}
.sure{position:absolute;z-index:2;inset-inline:0;inset-block-end:0;padding:18px;background:var(--surface);border-block-start:1px solid var(--line);
display:flex;flex-direction:column;gap:12px;box-shadow:var(--shade)}.sure div{display:flex;gap:8px;justify-content:flex-end}
.sure .strong{padding:0 18px}
`);

type Step = "list" | "end" | "erase" | "notMe";

/** What else one can do with the chat: keep it, hear it, end it, have it deleted. */
export function Menu({ chat, close }: { chat: Chat; close: () => void }) {
  const step = useSignal<Step>("list");
  const hasFailed = useSignal(false);
  const isBusy = useSignal(false);
  const isLoud = useSignal(!!chat.keep.read().isLoud);
  const box = useRef<HTMLDivElement>(null);
  const hasSpoken = chat.log.value.messages.length > 0;
  useEffect(() => box.current!.querySelector<HTMLElement>("button")?.focus(), [step.value]);
  useEffect(() => {
    const root = box.current!.getRootNode() as ShadowRoot;
    const away = (event: Event) => {
      const [at] = event.composedPath() as Node[];
      if (at && !box.current!.contains(at) && !(at as Element).closest?.(".more")) close();
    };
    root.addEventListener("pointerdown", away);
    return () => root.removeEventListener("pointerdown", away);
  }, []);

  async function act(work: () => Promise<unknown>): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    hasFailed.value = false;
    try {
      await work();
      close();
    } catch {
      hasFailed.value = true;
    }
    isBusy.value = false;
  }

  async function transcript(): Promise<void> {
    const title = chat.config.value?.appearance.title || t("desk");
    const text = written(await everything(chat), title);
    save(new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }), `${t("transcriptName")}.txt`);
  }

  async function leave(): Promise<void> {
    await end(chat);
    chat.isOver.value = "ended";
    await look(chat);
  }

  async function remove(): Promise<void> {
    await tell(chat, t("eraseSaid"));
    if (chat.isKnown.value) return;
    await forget(chat);
    chat.isOver.value = "erased";
  }

  async function deny(): Promise<void> {
    await doubt(chat, t("notMeSaid"));
  }

  function hear(): void {
    isLoud.value = !isLoud.value;
    chat.keep.write({ isLoud: isLoud.value });
    // A browser lets a page be heard from here on, since it was asked for.
    if (isLoud.value) void import("../sound").then(({ chime }) => chime()).catch(() => undefined);
  }

  function pressed(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...box.current!.querySelectorAll<HTMLElement>("button")];
    const at = all.indexOf((box.current!.getRootNode() as ShadowRoot).activeElement as HTMLElement);
    all.at((at + step) % all.length)?.focus();
  }

  const failed = hasFailed.value && (
    <div class="note" role="alert">
      {t("failedNow")}
    </div>
  );
  if (step.value !== "list") {
    const [ask, work] = {
      end: [t("endAsk"), leave] as const,
      erase: [chat.isKnown.value ? t("eraseAsk") : `${t("eraseAsk")} ${t("eraseHere")}`, remove] as const,
      notMe: [t("notMeAsk"), deny] as const,
    }[step.value];
    return (
      <div class="sure" ref={box} role="alertdialog" aria-labelledby="sure" onKeyDown={pressed}>
        <p id="sure" dir="auto">
          {ask}
        </p>
        {failed}
        <div>
          <button class="soft" onClick={close}>
            {t("cancel")}
          </button>
          <button class="strong" disabled={isBusy.value} onClick={() => void act(work)}>
            {t(step.value)}
          </button>
        </div>
      </div>
    );
  }
  return (
    <div class="menu" ref={box} role="menu" aria-label={t("menu")} onKeyDown={pressed}>
      {hasSpoken && (
        <button role="menuitem" onClick={() => void act(transcript)}>
          {t("transcript")}
        </button>
      )}
      <button role="menuitemcheckbox" aria-checked={isLoud.value} onClick={hear}>
        {t("sound")}
        <span class="on" aria-hidden="true" />
      </button>
      {hasSpoken && (
        <>
          <button role="menuitem" onClick={() => (step.value = "end")}>
            {t("end")}
          </button>
          <button role="menuitem" onClick={() => (step.value = "notMe")}>
            {t("notMe")}
          </button>
          <button role="menuitem" class="bad" onClick={() => (step.value = "erase")}>
            {t("erase")}
          </button>
        </>
      )}
      {failed}
    </div>
  );
}
