// What a person prefers on this machine, whatever the URL says: kept in localStorage, the same in all tabs.

import { useSyncExternalStore } from 'react'

/** A choice of several values, the first being the default. */
export interface Preference<Value extends string> {
  read(): Value
  keep(value: Value): void
  subscribe(reader: () => void): () => void
}

export function preference<Value extends string>(
  name: string,
  values: readonly [Value, ...Value[]],
): Preference<Value> {
  const key = `spanloom.${name}`
  const readers = new Set<() => void>()
  const tell = () => {
    for (const reader of readers) reader()
  }
  return {
    read: () => values.find(value => value === localStorage.getItem(key)) ?? values[0],
    keep(value) {
      localStorage.setItem(key, value)
      tell()
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

export function usePreference<Value extends string>(preference: Preference<Value>): Value {
  return useSyncExternalStore(preference.subscribe, preference.read)
}
