import type { Storage } from '@graphiql/toolkit';

const prefix = 'peregrine.explorer/';
const tabsPrefix = `${prefix}tabs/`;

// What is in the editors belongs to one version of the examples; theme, layout
// and history outlive it.
const editorKeys = new Set(['tabState', 'query', 'variables', 'headers'].map((key) => `graphiql:${key}`));

/**
 * openStorage keeps GraphiQL's state in the browser. The tabs are kept per version
 * of the examples, so that changed examples are seen; those of other versions are
 * dropped (what was run stays in the history). Where the browser allows no storage,
 * the state lasts as long as the page.
 */
export function openStorage(version: string): Storage {
  const store = browserStorage() ?? memoryStorage();
  const current = `${tabsPrefix}${version}/`;
  for (const key of ownKeys(store)) {
    if (key.startsWith(tabsPrefix) && !key.startsWith(current)) {
      store.removeItem(key);
    }
  }
  const place = (key: string) => (editorKeys.has(key) ? current : prefix) + key;
  return {
    getItem: (key) => store.getItem(place(key)),
    setItem: (key, value) => store.setItem(place(key), value),
    removeItem: (key) => store.removeItem(place(key)),
    clear: () => ownKeys(store).forEach((key) => store.removeItem(key)),
    get length() {
      return ownKeys(store).length;
    },
  };
}

/** isFirstVisit tells whether no tabs are kept for this version of the examples. */
export function isFirstVisit(storage: Storage): boolean {
  return storage.getItem('graphiql:tabState') === null;
}

type Store = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

function ownKeys(store: Store): string[] {
  const keys = Array.from({ length: store.length }, (_, i) => store.key(i));
  return keys.filter((key): key is string => key !== null && key.startsWith(prefix));
}

function browserStorage(): Store | null {
  try {
    return window.localStorage;
  } catch {
    return null; // the browser's settings forbid it
  }
}

function memoryStorage(): Store {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    key: (i) => [...items.keys()][i] ?? null,
    get length() {
      return items.size;
    },
  };
}
