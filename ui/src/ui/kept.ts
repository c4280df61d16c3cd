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
  return {
    read: () => localStorage.getItem(key),
    keep(text) {
      if (text === null) localStorage.removeItem(key)
      else localStorage.setItem(key, text)
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
