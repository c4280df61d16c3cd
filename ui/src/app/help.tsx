import { X } from 'lucide-react'
import { Button, Dialog, Heading, Modal, ModalOverlay, Switch } from 'react-aria-components'
import { usePreference } from '../ui/preference.ts'
import { singleKeys } from './hotkeys.ts'
import { SHORTCUTS, shownKeys } from './shortcuts.ts'

interface Props {
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
}

/** Every key and what it does. */
export default function Help({ isOpen, onOpenChange }: Props) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal className="modal">
        <Dialog className="dialog">
          <header className="dialog__head">
            <Heading slot="title">Keyboard</Heading>
            <Button slot="close" className="button button--plain button--icon" aria-label="Close">
              <X size={16} aria-hidden="true" />
            </Button>
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
        </Dialog>
      </Modal>
    </ModalOverlay>
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
    <Switch className="switch" isSelected={isOn} onChange={on => singleKeys.keep(on ? 'on' : 'off')}>
      <span className="switch__track" aria-hidden="true" />
      Keys of one letter do something
    </Switch>
  )
}
