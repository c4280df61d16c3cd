// Listens for the keys of `shortcuts.ts`.

import { useEffect, useEffectEvent } from 'react'
import { preference } from '../ui/preference.ts'
import { type Action, belongsToTarget, match } from './shortcuts.ts'

/** Keys without Ctrl or Alt hinder people who speak to their computer; they can be turned off (WCAG 2.1.4). */
export const singleKeys = preference('single-keys', ['on', 'off'])

type Handlers = Partial<Record<Action, (key: string) => void>>

/** Calls a handler when its key is pressed anywhere on the page, except where the key belongs to what has the focus. */
export function useHotkeys(handlers: Handlers): void {
  const actions = Object.keys(handlers) as Action[]
  const handle = useEffectEvent((pending: string, event: KeyboardEvent): string => {
    if (event.defaultPrevented || belongsToTarget(event, event.target)) return ''
    // Escape is no letter: it stays.
    if (singleKeys.read() === 'off' && event.key.length === 1) return ''
    const found = match(actions, pending, event)
    if (found.kind === 'pending') return found.keys
    if (found.kind === 'action') {
      event.preventDefault()
      handlers[found.action]?.(found.key)
    }
    return ''
  })
  useEffect(() => {
    let pending = ''
    const listen = (event: KeyboardEvent) => {
      pending = handle(pending, event)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}
