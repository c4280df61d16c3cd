// What a person prefers on this machine, whatever the URL says.

import { useSyncExternalStore } from 'react'
import { kept } from './kept.ts'

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
  const text = kept(name)
  return {
    read: () => {
      const read = text.read()
      return values.find(value => value === read) ?? values[0]
    },
    keep: text.keep,
    subscribe: text.subscribe,
  }
}

export function usePreference<Value extends string>(preference: Preference<Value>): Value {
  return useSyncExternalStore(preference.subscribe, preference.read)
}
