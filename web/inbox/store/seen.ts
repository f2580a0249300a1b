// What nobody looks at need not be renewed.

const waiting = new Set<() => void>();

/** Once the page is in sight: at once, if it is; and once, however often it was asked for meanwhile. Returns what lets it be. */
export function whenSeen(run: () => void): () => void {
  if (document.visibilityState === "visible") run();
  else {
    waiting.add(run);
    document.addEventListener("visibilitychange", look);
  }
  return () => void waiting.delete(run);
}

function look(): void {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", look);
  const due = [...waiting];
  waiting.clear();
  for (const run of due) run();
}
