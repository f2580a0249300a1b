// What nobody looks at need not be renewed.

/** Once the page is in sight: at once, if it is. */
export function whenSeen(run: () => void): void {
  if (document.visibilityState === "visible") run();
  else document.addEventListener("visibilitychange", () => whenSeen(run), { once: true });
}
