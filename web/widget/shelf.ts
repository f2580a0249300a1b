import type { FileView } from "./frames";

/** A file on its way, as it outlives a reload. */
export interface Shelved {
  id: string;
  /** Of which account's chat. */
  account: string;
  /** The signed session in which it was chosen; nobody else's finds it. */
  owner?: string;
  name: string;
  type: string;
  size: number;
  at: number;
  /** Its bytes, until the desk has them. */
  blob?: Blob;
  /** Under which the desk takes its pieces. */
  key?: string;
  stored?: FileView;
}

const STORE = "uploads";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("onethread", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error ?? new Error("blocked"));
  });
}

async function use<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const database = await open();
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("aborted"));
    }).finally(() => database.close());
  } catch {
    // No such storage here, or it is full: then files are kept for this visit only.
    return undefined;
  }
}

export const shelf = {
  put: (one: Shelved) => use("readwrite", (store) => store.put(one)),
  drop: (id: string) => use("readwrite", (store) => store.delete(id)),
  list: async (account: string): Promise<Shelved[]> => {
    const all = (await use("readonly", (store) => store.getAll())) as Shelved[] | undefined;
    return (all ?? []).filter((one) => one.account === account);
  },
};

export type Shelf = typeof shelf;
