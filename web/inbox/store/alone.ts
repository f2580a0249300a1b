// One tab of this browser at a time.

/** While no other tab does what is called so; without locks, at once. */
export async function alone<T>(name: string, run: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined;
  return locks ? locks.request(name, run) : run();
}
