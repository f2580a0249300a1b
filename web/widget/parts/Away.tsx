import { useSignal } from "@preact/signals";
import type { Chat } from "../chat";
import { t } from "../words";

/** Nobody is there: an unknown visitor may leave an address, once. It is a claim and nothing more. */
export function Away({ chat }: { chat: Chat }) {
  const address = useSignal("");
  const config = chat.config.value;
  const isAsked = config?.reception.form.some((field) => field.kind === "email");
  if (!config || config.reception.is_open || isAsked || chat.isKnown.value || chat.needsSignIn.value) return null;
  if (chat.answers.given.value?.email) return <div class="aside" dir="auto">{t("leftAddress", { email: chat.answers.given.value.email })}</div>;
  return (
    <form
      class="aside leave"
      onSubmit={(event) => {
        event.preventDefault();
        if (address.value.trim()) chat.answers.give({ email: address.value.trim() });
      }}
    >
      <label for="leave" dir="auto">{t("leaveAddress")}</label>
      <span class="pair">
        <input
          id="leave"
          type="email"
          required
          maxLength={254}
          autocomplete="email"
          value={address.value}
          onInput={(event) => (address.value = event.currentTarget.value)}
        />
        <button class="soft">{t("leave")}</button>
      </span>
    </form>
  );
}
