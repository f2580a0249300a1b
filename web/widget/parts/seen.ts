import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Chat } from "../chat";
import type { Log } from "../log";

/** An answer counts as read once its end stood before somebody's eyes: in sight, on a page in sight. */
export function useSeen(chat: Chat, box: RefObject<HTMLElement | null>, log: Log): void {
  useEffect(() => {
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
    for (const { seq } of unread) {
      const end = box.current?.querySelector(`[data-end="${seq}"]`);
      if (end) observer.observe(end);
    }
    document.addEventListener("visibilitychange", look);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, [log]);
}
