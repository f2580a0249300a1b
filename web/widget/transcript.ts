import type { Chat } from "./chat";
import type { MessageView } from "./frames";
import { merge } from "./log";
import { locale, t } from "./words";

/** All that was said, oldest first. Raises Refused. */
export async function everything(chat: Chat): Promise<readonly MessageView[]> {
  let log = chat.log.value;
  while (log.earlier && log.messages.length) {
    const page = await chat.api.earlier(await chat.token(), log.messages[0]!.seq);
    log = { ...merge(log, page.messages), earlier: page.has_earlier };
  }
  return log.messages;
}

/** As plain text: who said what when, and which files there were. */
export function written(messages: readonly MessageView[], title: string): string {
  const at = new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" });
  const said = messages.map((one) => {
    const who = one.is_own ? t("you") : one.author || title;
    const words = one.is_deleted ? t("deleted") : one.text;
    const files = one.files.map((file) => t("file", { name: file.name }));
    return [`[${at.format(new Date(one.at))}] ${who}`, ...(words ? [words] : []), ...files].join("\n");
  });
  return [title, ...said].join("\n\n") + "\n";
}
