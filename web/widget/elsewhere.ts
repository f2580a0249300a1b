/** A code by which whoever is signed in goes on by another channel; as `router/web/link_codes.py` has it. */
export interface LinkCode {
  code: string;
  seconds: number;
  targets: { channel: string; name: string; address: string; url: string | null }[];
}

/** Comes with the panel: a page where nobody chats has none of these. Every language has the same keys. */
const en = {
  ask: "Write to us elsewhere",
  how: "Open one of these, or send the code there as a message of its own:",
  left: "Good for {left}",
  over: "This code is over.",
  again: "Get a new code",
  failed: "There is no code right now. Please try again in a minute.",
};

export const WORDS: Record<string, typeof en> = {
  en,
  zh: {
    ask: "通过其他渠道联系我们",
    how: "请打开以下任一渠道，或在其中单独发送此代码：",
    left: "剩余 {left}",
    over: "此代码已失效。",
    again: "获取新代码",
    failed: "目前无法获取代码，请稍后再试。",
  },
  ru: {
    ask: "Написать нам в другом месте",
    how: "Откройте один из каналов или отправьте туда код отдельным сообщением:",
    left: "Действует ещё {left}",
    over: "Этот код больше не действует.",
    again: "Получить новый код",
    failed: "Сейчас код получить нельзя. Попробуйте через минуту.",
  },
};

export const wordsFor = (locale: string) => WORDS[locale.toLowerCase().split("-")[0]!] ?? en;

/** Minutes and seconds until then, such as 9:05; empty once it is over. */
export function timeLeft(until: number, now: number): string {
  const seconds = Math.ceil((until - now) / 1000);
  if (!(seconds > 0)) return "";
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Only addresses that leave the page by a program of the visitor's choice. */
export const isOpened = (url: string | null): url is string => /^(https|mailto):/i.test(url ?? "");
