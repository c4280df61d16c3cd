// A text that this browser keeps whatever the URL says: in localStorage, the same in all tabs.

import { useSyncExternalStore } from 'react'

export interface Kept {
  read(): string | null
  /** Null forgets it. */
  keep(text: string | null): void
  subscribe(reader: () => void): () => void
}

export function kept(name: string): Kept {
  const key = `spanloom.${name}`
  const readers = new Set<() => void>()
  /** What the store did not take: it is meant all the same, until the page is left. */
  let unwritten: string | null = null
  return {
    read: () => unwritten ?? localStorage.getItem(key),
    keep(text) {
      unwritten = null
      try {
        if (text === null) localStorage.removeItem(key)
        else localStorage.setItem(key, text)
      } catch {
        // It is full, or not allowed.
        unwritten = text
      }
      for (const reader of readers) reader()
    },
    subscribe(reader) {
      readers.add(reader)
      const other = (event: StorageEvent) => event.key === key && reader()
      window.addEventListener('storage', other)
      return () => {
        readers.delete(reader)
        window.removeEventListener('storage', other)
      }
    },
  }
}

export function useKept(text: Kept): string | null {
  return useSyncExternalStore(text.subscribe, text.read)
}
