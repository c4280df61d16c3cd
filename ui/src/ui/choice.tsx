// A button that says what is chosen and opens a list to choose from (ARIA's listbox button). A list of the browser's own
// would be drawn in the browser's own way.

import { Check, ChevronDown } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { nextOption, typedOption } from './choice-keys.ts'
import { Popover } from './popover.tsx'

export interface Option {
  id: string
  words: string
}

interface Props {
  /** What is chosen here. */
  label: string
  value: string
  options: readonly Option[]
  onChoose: (id: string) => void
  onOpen?: () => void
  className?: string
  /** What stands on the button; the words of the value when absent. */
  face?: React.ReactNode
  /** Whether the list shows a tick at what is chosen. */
  hasTick?: boolean
}

export function Choice(props: Props) {
  const { label, value, options, onChoose, onOpen, className = 'button', face, hasTick = false } = props
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const id = useId()
  const words = options.find(option => option.id === value)?.words ?? value
  const open = () => {
    onOpen?.()
    setOpen(true)
  }
  const choose = (chosen: string) => {
    button.current?.focus()
    setOpen(false)
    if (chosen !== value) onChoose(chosen)
  }
  return (
    <span className="choice">
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={`${label}: ${words}`}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => (isOpen ? setOpen(false) : open())}
        onKeyDown={event => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          event.preventDefault()
          open()
        }}
      >
        {face ?? (
          <>
            <span className="choice__words">{words}</span>
            <ChevronDown size={14} aria-hidden="true" />
          </>
        )}
      </button>
      {isOpen ? (
        <Popover anchor={button} onClose={() => setOpen(false)}>
          <Options
            id={id}
            label={label}
            value={value}
            options={options}
            hasTick={hasTick}
            onChoose={choose}
          />
        </Popover>
      ) : null}
    </span>
  )
}

interface OptionsProps {
  id: string
  label: string
  value: string
  options: readonly Option[]
  hasTick: boolean
  onChoose: (id: string) => void
}

/** After so long what is typed begins a new word. */
const WORD_MS = 1000

function Options({ id, label, value, options, hasTick, onChoose }: OptionsProps) {
  const list = useRef<HTMLDivElement>(null)
  const typed = useRef({ text: '', at: 0 })
  const [at, setAt] = useState(value)
  const optionId = (option: string) => `${id}-${options.findIndex(other => other.id === option)}`
  const current = optionId(at)
  useEffect(() => {
    list.current?.focus()
  }, [])
  useEffect(() => {
    // Some browsers return a promise, which is nothing to clean up.
    document.getElementById(current)?.scrollIntoView({ block: 'nearest' })
  }, [current])
  const type = (letter: string, now: number) => {
    const { text, at: before } = typed.current
    typed.current = { text: now - before > WORD_MS ? letter : text + letter, at: now }
    setAt(typedOption(options, at, typed.current.text) ?? at)
  }
  return (
    <div
      ref={list}
      id={id}
      className="options"
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={current}
      onKeyDown={event => {
        const { key } = event
        const isWord = key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey
        const isSpace = key === ' ' && event.timeStamp - typed.current.at > WORD_MS
        const next = nextOption(options, at, key)
        if (key === 'Enter' || isSpace) onChoose(at)
        else if (next !== undefined) setAt(next)
        else if (isWord) type(key, event.timeStamp)
        else return
        event.preventDefault()
      }}
    >
      {options.map(({ id: option, words }) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
        <div
          key={option}
          id={optionId(option)}
          className="option"
          role="option"
          tabIndex={-1}
          aria-selected={option === value}
          data-selected={option === value || undefined}
          data-focused={option === at || undefined}
          onMouseMove={() => setAt(option)}
          onClick={() => onChoose(option)}
        >
          {hasTick ? (
            <span className="option__tick">
              {option === value ? <Check size={14} aria-hidden="true" /> : null}
            </span>
          ) : null}
          {words}
        </div>
      ))}
    </div>
  )
}
