// Chooses the service whose traces are shown: one of the server's, or any text. A combobox of its own, as that of the
// component library is larger than the rest of the page.

import { useQuery } from '@tanstack/react-query'
import { ChevronDown, X } from 'lucide-react'
import { type Ref, useId, useState } from 'react'
import { servicesQuery } from '../api/queries.ts'
import type { TimeRange } from '../api/time-range.ts'
import { useTenant } from '../app/tenant.ts'
import { stepped } from './bar/stepped.ts'

interface Props {
  service: string | undefined
  range: TimeRange
  /** Names that are known without asking. */
  seen: readonly string[]
  onChoose: (service: string | undefined) => void
  inputRef: Ref<HTMLInputElement>
}

const NONE = -1

export function ServiceFilter(props: Props) {
  // The URL may change under it (Back): then it starts again with what the URL says.
  return <Filter key={props.service ?? ''} {...props} />
}

function Filter({ service, range, seen, onChoose, inputRef }: Props) {
  const [text, setText] = useState(service ?? '')
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(NONE)
  const ids = useId()
  const known = useQuery({ ...servicesQuery(useTenant(), range), enabled: isOpen }).data ?? []
  const wanted = text === (service ?? '') ? '' : text.trim().toLowerCase()
  const names = [...new Set([...seen, ...known])].sort().filter(name => name.toLowerCase().includes(wanted))
  const isShown = isOpen && names.length > 0

  const open = () => {
    setActive(NONE)
    setOpen(true)
  }
  const choose = (name: string) => {
    setOpen(false)
    setText(name)
    onChoose(name.trim() || undefined)
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      if (isShown) setActive(stepped(active, step, names.length))
      else open()
    } else if (event.key === 'Enter') choose(names[isShown ? active : NONE] ?? text)
    else if (event.key === 'Escape') {
      setOpen(false)
      if (!isShown) setText(service ?? '')
    }
  }
  return (
    <div className="service-filter">
      <div className="service-filter__group">
        <input
          ref={inputRef}
          className="field"
          type="text"
          role="combobox"
          aria-label="Service"
          aria-autocomplete="list"
          aria-expanded={isShown}
          aria-controls={`${ids}-services`}
          aria-activedescendant={isShown && active !== NONE ? `${ids}-${active}` : undefined}
          placeholder="All services"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value)
            open()
          }}
          onFocus={open}
          onClick={open}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        <ChevronDown className="service-filter__open" size={14} aria-hidden="true" />
        {isShown ? (
          <div
            id={`${ids}-services`}
            className="popover service-filter__list"
            role="listbox"
            aria-label="Services"
          >
            {names.map((name, place) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are those of the field
              <div
                key={name}
                id={`${ids}-${place}`}
                className="option"
                role="option"
                aria-selected={place === active}
                data-focused={place === active || undefined}
                ref={place === active ? intoView : null}
                // The field would lose the focus, and the list would close.
                onMouseDown={event => event.preventDefault()}
                onClick={() => choose(name)}
              >
                {name}
              </div>
            ))}
          </div>
        ) : null}
      </div>
      {service === undefined ? null : (
        <button
          type="button"
          className="button button--plain button--icon"
          onClick={() => onChoose(undefined)}
          aria-label="All services"
          title="All services"
        >
          <X size={14} aria-hidden="true" />
        </button>
      )}
    </div>
  )
}

function intoView(option: HTMLElement | null) {
  option?.scrollIntoView({ block: 'nearest' })
}
