/** Web Locks, where the page's address allows them; without them every tab is on its own. */
const locks = (): LockManager | undefined => (typeof navigator === "undefined" ? undefined : navigator.locks);

/** One tab after the other. */
export async function exclusively(name: string, work: () => Promise<void>): Promise<void> {
  const known = locks();
  if (known) await known.request(name, work);
  else await work();
}

/** Calls `lead` in one tab at a time, until it stops; `follow` once if that is another now. */
export function elect(name: string, lead: () => void, follow: () => void): () => void {
  const known = locks();
  if (!known || typeof BroadcastChannel === "undefined") {
    lead();
    return () => undefined;
  }
  const abort = new AbortController();
  let release = () => abort.abort();
  const hold = () =>
    new Promise<void>((resolve) => {
      if (abort.signal.aborted) return resolve();
      release = resolve;
      lead();
    });
  let wasFree = true;
  const tryNow = async (lock: Lock | null) => {
    wasFree = lock !== null;
    if (lock) await hold();
  };
  const stand = async () => {
    await known.request(name, { ifAvailable: true }, tryNow);
    if (wasFree || abort.signal.aborted) return;
    follow();
    await known.request(name, { signal: abort.signal }, hold);
  };
  stand().catch(() => undefined); // it was stopped before its turn came
  return () => {
    abort.abort();
    release();
  };
}
