// A field for an expression of the find language: with proposals, and with what is wrong said where it stands. The
// proposals are loaded when somebody first comes here.

import { EyeOff, Search } from 'lucide-react'
import { lazy, type Ref, Suspense, useId, useRef, useState } from 'react'
import type { Mistake } from '../find/parser.ts'
import './expression-field.css'
import type { Listed } from './expression-list.tsx'
import { mistakeIn } from './find.ts'

const ExpressionList = lazy(() => import('./expression-list.tsx'))

interface Props {
  kind: 'find' | 'hide'
  value: string | undefined
  inputRef?: Ref<HTMLInputElement>
  /** With each letter, or where it disturbs, when it is done. */
  changes: 'at once' | 'when done'
  onChange: (text: string | undefined) => void
  /** Enter, once nothing is left to say. */
  onEnter?: () => void
  /** What is known of the mesh, for the proposals. */
  known: Listed['known']
}

const WORDS = {
  find: { label: 'Find', placeholder: 'Find  /', icon: Search },
  hide: { label: 'Hide', placeholder: 'Hide', icon: EyeOff },
} as const

export function ExpressionField({ kind, value = '', inputRef, changes, onChange, onEnter, known }: Props) {
  const { typed, setTyped, settle } = useTyped(value, text => onChange(text || undefined))
  const [isOpen, setOpen] = useState(false)
  const [caret, setCaret] = useState(0)
  // The list tells which of its proposals is at hand, and takes it.
  const [active, setActive] = useState<string | null>(null)
  const list = useRef<Listed['handle']>(null)
  const [listId, mistakeId] = [useId(), useId()]
  const mistake = mistakeIn(typed)
  const { label, placeholder, icon: Icon } = WORDS[kind]

  const type = (text: string, at: number) => {
    setTyped(text)
    setCaret(at)
    setOpen(true)
    if (changes === 'at once') settle(text)
  }
  const choose = (text: string, at: number) => {
    setTyped(text)
    setCaret(at)
    // A part that was chosen is not yet what is meant.
    if (changes === 'at once' || text === '') settle(text)
    setActive(null)
  }
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (isOpen && list.current?.onKey(event.key)) return event.preventDefault()
    if (event.key === 'Enter') {
      settle(typed)
      setOpen(false)
      onEnter?.()
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (isOpen) setOpen(false)
      else if (typed === '') event.currentTarget.blur()
      else choose('', 0)
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      setOpen(true)
    }
  }
  const onBlur = () => {
    setOpen(false)
    setActive(null)
    settle(typed)
  }
  return (
    <div className="expression" data-kind={kind}>
      <Icon className="expression__icon" size={14} aria-hidden="true" />
      <input
        ref={inputRef}
        className="field expression__input"
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        aria-activedescendant={isOpen && active !== null ? active : undefined}
        aria-invalid={mistake !== null}
        aria-describedby={mistake === null ? undefined : mistakeId}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={typed}
        onChange={({ currentTarget: { value, selectionStart } }) =>
          type(value, selectionStart ?? value.length)
        }
        onSelect={({ currentTarget: { selectionStart, value } }) => setCaret(selectionStart ?? value.length)}
        onFocus={() => setOpen(true)}
        onBlur={onBlur}
        onKeyDown={onKeyDown}
      />
      {isOpen || mistake !== null ? (
        <div className="expression__below">
          {mistake === null ? null : <MistakeView id={mistakeId} text={typed} mistake={mistake} />}
          {isOpen ? (
            <Suspense>
              <ExpressionList
                id={listId}
                label={label}
                text={typed}
                caret={caret}
                known={known}
                ref={list}
                onActive={setActive}
                onChoose={choose}
              />
            </Suspense>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

interface TypedState {
  typed: string
  /** As the URL had it last. */
  value: string
  /** What the URL was told and does not have yet. */
  sent: readonly string[]
}

/**
 * What is typed. The URL has it without the spaces around it, and a moment later: what comes back of what it was told is no
 * news, though more was typed since. Anything else comes from elsewhere and takes its place.
 */
function useTyped(value: string, tell: (text: string) => void) {
  const [state, setState] = useState<TypedState>({ typed: value, value, sent: [] })
  if (state.value !== value) setState(caughtUp(state, value))
  const settle = (text: string) => {
    const trimmed = text.trim()
    if (trimmed === (state.sent.at(-1) ?? value)) return
    setState(now => ({ ...now, sent: [...now.sent, trimmed] }))
    tell(trimmed)
  }
  const setTyped = (typed: string) => setState(now => ({ ...now, typed }))
  return { typed: state.typed, setTyped, settle }
}

function caughtUp({ typed, sent }: TypedState, value: string): TypedState {
  // Of several that follow one another fast the URL may have only the last.
  const at = sent.lastIndexOf(value)
  return at < 0 ? { typed: value, value, sent: [] } : { typed, value, sent: sent.slice(at + 1) }
}

function MistakeView({ id, text, mistake }: { id: string; text: string; mistake: Mistake }) {
  const { start, end, message } = mistake
  return (
    <p id={id} className="expression__mistake" role="status">
      <code className="expression__text" aria-hidden="true">
        {text.slice(0, start)}
        <mark>{text.slice(start, end) || ' '}</mark>
        {text.slice(end)}
      </code>
      {message}
    </p>
  )
}
