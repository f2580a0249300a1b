// What a preview found at fault, in the reader's words.
import { t } from "./words.svelte";

/** The sentence for what a preview found at fault; the server's own for one that has no words here. */
export function faultOf(fault: { code: string; reason: string }): string {
  switch (fault.code) {
    case "too_long": return t("fault.too_long");
    case "too_many_files": return t("fault.too_many_files");
    case "file_too_large": return t("fault.file_too_large");
    case "file_type": return t("fault.file_type");
    default: return fault.reason;
  }
}
