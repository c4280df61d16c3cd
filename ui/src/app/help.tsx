// The browser's own dialog keeps the focus in, and gives it back when it closes.

import { X } from 'lucide-react'
import { useId, useLayoutEffect, useRef } from 'react'
import { usePreference } from '../ui/preference.ts'
import { singleKeys } from './hotkeys.ts'
import { SHORTCUTS, shownKeys } from './shortcuts.ts'

/** Every key and what it does. */
export default function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useId()
  // Closed before it is taken away, whoever does that: only then the focus goes back.
  useLayoutEffect(() => {
    const element = dialog.current
    if (element?.open === false) element.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="modal"
      aria-labelledby={title}
      onCancel={onClose}
      onClick={event => {
        // Beside what is in it.
        if (event.target === event.currentTarget) onClose()
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <div className="dialog">
        <header className="dialog__head">
          <h2 id={title}>Keyboard</h2>
          <button
            type="button"
            className="button button--plain button--icon"
            aria-label="Close"
            onClick={onClose}
          >
            <X size={16} aria-hidden="true" />
          </button>
        </header>
        <div className="help">
          {groups().map(([group, shortcuts]) => (
            <section key={group} className="help__group">
              <h3>{group}</h3>
              <dl className="help__keys">
                {shortcuts.map(({ keys, words }) => (
                  <div key={words} className="help__line">
                    <dt>{keysOf(keys)}</dt>
                    <dd>{words}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <SingleKeys />
      </div>
    </dialog>
  )
}

type Shortcut = (typeof SHORTCUTS)[keyof typeof SHORTCUTS]

function groups(): [string, Shortcut[]][] {
  const groups = new Map<string, Shortcut[]>()
  for (const shortcut of Object.values(SHORTCUTS)) {
    groups.set(shortcut.group, [...(groups.get(shortcut.group) ?? []), shortcut])
  }
  return [...groups]
}

function keysOf(keys: readonly string[]) {
  const shown = keys.length > 3 ? [`${keys[0]} … ${keys.at(-1)}`] : keys
  return shown.map((key, place) => (
    <span key={key}>
      {place === 0 ? null : <span className="muted"> or </span>}
      <kbd className="key">{shownKeys(key)}</kbd>
    </span>
  ))
}

function SingleKeys() {
  const isOn = usePreference(singleKeys) === 'on'
  return (
    <label className="switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={isOn}
        className="visually-hidden"
        checked={isOn}
        onChange={({ currentTarget: { checked } }) => singleKeys.keep(checked ? 'on' : 'off')}
      />
      <span className="switch__track" aria-hidden="true" />
      Keys of one letter do something
    </label>
  )
}
