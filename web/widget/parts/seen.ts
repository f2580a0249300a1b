import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Chat } from "../chat";
import type { Log } from "../log";

/**
 * An answer counts as read once its end stood before somebody's eyes: in sight, on a page in sight.
 * A busy browser may be asked to close the chat before it has said what stands in sight: then what
 * does is looked for.
 */
export function useSeen(chat: Chat, box: RefObject<HTMLElement | null>, log: Log): void {
  useLayoutEffect(() => {
    const unread = log.messages.filter((one) => !one.is_own && !one.is_deleted && one.state !== "read");
    if (!unread.length) return;
    const inSight = new Set<number>();
    const look = () => {
      if (document.visibilityState === "visible" && inSight.size) chat.saw(Math.max(...inSight));
    };
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const seq = Number((target as HTMLElement).dataset.end);
        if (isIntersecting) inSight.add(seq);
        else inSight.delete(seq);
      }
      look();
    });
    const element = box.current!;
    const ends = unread.flatMap(({ seq }) => [...element.querySelectorAll<HTMLElement>(`[data-end="${seq}"]`)]);
    for (const end of ends) observer.observe(end);
    document.addEventListener("visibilitychange", look);
    return () => {
      const { top, bottom } = element.getBoundingClientRect();
      for (const end of ends) {
        const at = end.getBoundingClientRect().top;
        if (at >= top && at <= bottom) inSight.add(Number(end.dataset.end));
      }
      look();
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, [log]);
}
