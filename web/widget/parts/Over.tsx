import type { Chat } from "../chat";
import { forget } from "../leaving";
import { t } from "../words";

/** The chat was ended, or what was said is to be deleted: from here one begins anew. */
export function Over({ chat }: { chat: Chat }) {
  async function again(): Promise<void> {
    if (chat.isOver.value === "ended" && !chat.isKnown.value) await forget(chat);
    chat.isOver.value = "";
    chat.resume();
  }
  return (
    <div class="foot over">
      <p role="status" dir="auto">
        {t(chat.isOver.value === "erased" ? "erased" : "ended")}
      </p>
      <button class="strong" onClick={() => void again()}>
        {t("again")}
      </button>
    </div>
  );
}
