import type { Chat } from "./chat";

/** Without what its query or fragment say. */
export const bare = ({ origin, pathname }: { origin: string; pathname: string }) => origin + pathname;

/** Where the page stands: now, and whenever that changes. Returns what stops it. */
export function watch(found: (address: string) => void): () => void {
  let last = "";
  const look = () => {
    const now = bare(location);
    if (now !== last) found((last = now));
  };
  const { navigation } = window as { navigation?: EventTarget };
  navigation?.addEventListener("navigatesuccess", look);
  addEventListener("popstate", look);
  look();
  return () => {
    navigation?.removeEventListener("navigatesuccess", look);
    removeEventListener("popstate", look);
  };
}

/** Each page is said once, to a session that is open: nobody who only looks around gets one for it. */
export function tell(chat: Chat, watching: typeof watch): () => void {
  let [page, told] = ["", ""];
  const say = () => {
    const { token } = chat.sessions;
    if (!page || !token || chat.link.value !== "on" || told === token + page) return;
    told = token + page;
    chat.api.signal(token, { signal: "page", address: page }).catch(() => undefined);
  };
  const stops = [watching((address) => ((page = address), say())), chat.link.subscribe(say)];
  return () => stops.forEach((stop) => stop());
}
