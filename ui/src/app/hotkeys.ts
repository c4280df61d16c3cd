// Listens for the keys of `shortcuts.ts`, and knows what can be done on the page right now.

import { useEffect, useEffectEvent } from 'react'
import { preference } from '../ui/preference.ts'
import { type Action, belongsToTarget, hasModifier, match } from './shortcuts.ts'

/** Keys without Ctrl or Alt hinder people who speak to their computer; they can be turned off (WCAG 2.1.4). */
export const singleKeys = preference('single-keys', ['on', 'off'])

export type Handlers = Partial<Record<Action, (key: string) => void>>

/** What each part of the page can do now, those that came last at the end. */
const parts = new Set<() => Handlers>()
/** The keys of a sequence so far: of the whole page, so that `g t` is never also the begin of `t l`. */
let pending = ''
/** Who waits longer, or takes the pointer, has forgotten it. */
const PENDING_MS = 1500
let forgetting: ReturnType<typeof setTimeout> | undefined

/** Calls a handler when its key is pressed anywhere on the page, except where the key belongs to what has the focus. */
export function useHotkeys(handlers: Handlers): void {
  const current = useEffectEvent(() => handlers)
  useEffect(() => {
    const part = () => current()
    if (parts.size === 0) listen()
    parts.add(part)
    return () => {
      parts.delete(part)
      if (parts.size === 0) stopListening()
    }
  }, [])
}

/** All that a key would do now, by its action. */
export function handlersNow(): Handlers {
  return Object.assign({}, ...[...parts].map(part => part()))
}

function listen() {
  window.addEventListener('pointerdown', forget, true)
  window.addEventListener('keydown', onSequence, true)
  window.addEventListener('keydown', onKey)
}

function stopListening() {
  forget()
  window.removeEventListener('pointerdown', forget, true)
  window.removeEventListener('keydown', onSequence, true)
  window.removeEventListener('keydown', onKey)
}

function remember(keys: string) {
  pending = keys
  forgetting = setTimeout(forget, PENDING_MS)
}

function forget() {
  pending = ''
  clearTimeout(forgetting)
}

/** The end of a sequence comes before what the focus does with the key: `t ←` is not an arrow in the graph. */
function onSequence(event: KeyboardEvent) {
  if (pending === '' || isModifierKey(event)) return
  if (take(event)) event.stopPropagation()
}

function onKey(event: KeyboardEvent) {
  if (!event.defaultPrevented && !isModifierKey(event)) take(event)
}

/** Shift and the like alone neither continue a sequence nor end it. */
const isModifierKey = ({ key }: KeyboardEvent) => ['Shift', 'Control', 'Alt', 'Meta'].includes(key)

/** Whether a key was a shortcut. */
function take(event: KeyboardEvent): boolean {
  const before = pending
  forget()
  if (belongsToTarget(event, event.target, before)) return false
  // Escape is no letter: it stays, and so do keys with Ctrl.
  if (singleKeys.read() === 'off' && event.key.length === 1 && !hasModifier(event)) return false
  const handlers = handlersNow()
  const found = match(Object.keys(handlers) as Action[], before, event)
  if (found.kind === 'pending') remember(found.keys)
  if (found.kind !== 'action') return false
  event.preventDefault()
  handlers[found.action]?.(found.key)
  return true
}
