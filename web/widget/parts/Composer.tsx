import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { shelf } from "../shelf";
import { Uploads } from "../uploads";
import { t } from "../words";
import { fileSize, percent, seconds } from "../words/shown";
import { Icon } from "./icons";

function filesOf(chat: Chat): Uploads {
  if (!chat.uploads) {
    chat.uploads = new Uploads(chat.api, chat.keep.key, shelf, {
      token: chat.token,
      owner: () => chat.owner,
      failed: (name) => (chat.trouble.value = t("uploadFailed", { name })),
    });
    void chat.uploads.restore();
  }
  return chat.uploads;
}

/** The desk asked for patience: until when, counted down. */
function Held({ chat }: { chat: Chat }) {
  const left = useSignal(0);
  useEffect(() => {
    const count = () => (left.value = Math.max(0, chat.heldUntil.value - Date.now()));
    count();
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
  }, []);
  return <div class="hold">{t("held", { time: seconds(left.value) })}</div>;
}

export function Composer({ chat, dropped }: { chat: Chat; dropped: { files: File[] } }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const uploads = filesOf(chat);
  const tray = uploads.list;
  const note = useSignal("");
  const text = chat.draft;
  const config = chat.config.value;
  const isBusy = tray.value.some((one) => !one.stored);
  const canSend = !isBusy && (text.value.trim() !== "" || tray.value.length > 0);

  useLayoutEffect(() => {
    const element = area.current!;
    element.rows = 1;
    const lines = Math.floor((element.scrollHeight - 22) / 22);
    element.rows = Math.max(1, Math.min(5, lines));
  }, [text.value]);
  useEffect(() => area.current!.focus({ preventScroll: true }), []);
  useEffect(() => attach(dropped.files), [dropped]);

  function attach(files: Iterable<File>): void {
    note.value = "";
    for (const file of files) {
      if (tray.value.length >= (config?.max_files ?? 10)) {
        note.value = t("tooMany", { n: config?.max_files ?? 10 });
        return;
      }
      if (config && file.size > config.max_file_size) {
        note.value = t("tooLarge", { name: file.name, size: fileSize(config.max_file_size) });
        continue;
      }
      uploads.add(file);
    }
  }

  function remove(id: string): void {
    uploads.remove(id);
    area.current?.focus();
  }

  function send(): void {
    if (!canSend) return;
    chat.say(text.value.trim(), uploads.take());
    text.value = "";
    note.value = "";
    area.current!.focus();
  }

  function pressed(event: KeyboardEvent): void {
    // While an input method is composing (Chinese, Japanese), Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  }

  function pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    attach(files);
  }

  return (
    <div class="foot">
      {tray.value.length > 0 && (
        <div class="tray">
          {tray.value.map((one) => (
            <span key={one.id} class={one.stored ? "chip" : "chip busy"} aria-busy={!one.stored}>
              <span dir="auto">{one.name}</span>
              {!one.stored && <small>{percent(one.done)}</small>}
              <button aria-label={t("detach", { name: one.name })} onClick={() => remove(one.id)}>
                <Icon name="cross" size={16} />
              </button>
            </span>
          ))}
        </div>
      )}
      {note.value && (
        <div class="note" role="alert">
          {note.value}
        </div>
      )}
      {chat.heldUntil.value > 0 && <Held chat={chat} />}
      <div class="line">
        <button class="icon" aria-label={t("attach")} onClick={() => picker.current!.click()}>
          <Icon name="clip" size={22} />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          tabIndex={-1}
          onChange={() => {
            attach(picker.current!.files ?? []);
            picker.current!.value = "";
          }}
        />
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          value={text.value}
          maxLength={config?.max_text}
          aria-label={t("message")}
          placeholder={t("placeholder")}
          enterkeyhint="send"
          onInput={() => {
            text.value = area.current!.value;
            chat.isWriting();
          }}
          onKeyDown={pressed}
          onPaste={pasted}
        />
        <button class="icon send" aria-label={t("send")} disabled={!canSend} onClick={send}>
          <Icon name="send" size={20} flip />
        </button>
      </div>
    </div>
  );
}
