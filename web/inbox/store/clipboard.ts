// What is copied by a button, and that it was said.
import { toasts } from "./toasts.svelte";
import { t } from "./words.svelte";

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show(t("text.copied"));
  } catch (error) {
    toasts.failed(error);
  }
}
