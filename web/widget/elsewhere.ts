/** A code by which whoever is signed in goes on by another channel; as `router/web/link_codes.py` has it. */
export interface LinkCode {
  code: string;
  seconds: number;
  targets: { channel: string; name: string; address: string; url: string | null }[];
}

/** Minutes and seconds until then, such as 9:05; empty once it is over. */
export function timeLeft(until: number, now: number): string {
  const seconds = Math.ceil((until - now) / 1000);
  if (!(seconds > 0)) return "";
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Only addresses that leave the page by a program of the visitor's choice. */
export const isOpened = (url: string | null): url is string => /^(https|mailto):/i.test(url ?? "");
