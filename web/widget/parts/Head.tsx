import type { Signal } from "@preact/signals";
import type { Chat } from "../chat";
import { t } from "../words";
import { until, within } from "../words/shown";
import { Icon } from "./icons";

/** Whose chat it is, and what to expect: who types, whether it connects, when somebody is there. */
export function Head({ chat, isMenuOpen }: { chat: Chat; isMenuOpen: Signal<boolean> }) {
  const config = chat.config.value;
  return (
    <div class="head">
      <span class="mark">
        <Icon name="chat" size={22} />
      </span>
      <div class="titles">
        <div class="title" id="title" dir="auto">
          {config?.appearance.title ?? t("desk")}
        </div>
        <div class="state" dir="auto">
          {state(chat)}
        </div>
      </div>
      <button
        class="icon more"
        aria-label={t("menu")}
        aria-haspopup="menu"
        aria-expanded={isMenuOpen.value}
        onClick={() => (isMenuOpen.value = !isMenuOpen.value)}
      >
        <Icon name="more" />
      </button>
      <button class="icon" aria-label={t("close")} onClick={() => chat.close()}>
        <Icon name="down" />
      </button>
    </div>
  );
}

function state(chat: Chat): string {
  const reception = chat.config.value?.reception;
  if (chat.typing.author.value) return t("typing", { name: chat.typing.author.value });
  if (!reception || chat.link.value === "connecting") return t("connecting");
  if (!reception.is_open) return reception.opens_at ? t("awayUntil", { at: until(reception.opens_at) }) : t("away");
  return reception.reply_minutes ? t("replies", { time: within(reception.reply_minutes) }) : "";
}
