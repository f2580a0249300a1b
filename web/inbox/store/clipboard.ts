// What is copied by a button, and that it was said.
import { toasts } from "./toasts.svelte";
import { t } from "./words.svelte";

/** Copied, or `select` has run so that it can be copied by hand: a page that did not come by TLS has no clipboard. Which, is said. */
export async function copy(text: string, select: () => void): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show(t("text.copied"));
  } catch {
    select();
    toasts.failed(new Error(t("text.not_copied")));
  }
}
