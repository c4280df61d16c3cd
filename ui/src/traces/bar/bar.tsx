// The query bar: a text field with TraceQL in colours, and a list of what may come next (ARIA's combobox). What is typed is
// its own; the page hears of it when it is asked.

import { Search } from 'lucide-react'
import { type Ref, useId, useImperativeHandle, useRef, useState } from 'react'
import { counted } from '../../ui/format.ts'
import { taken } from '../traceql/complete.ts'
import { finished } from '../traceql/finish.ts'
import { positionAt } from '../traceql/position.ts'
import { Highlight } from './highlight.tsx'
import { readHistory } from './history.ts'
import { Options, optionId } from './options.tsx'
import { stepped } from './stepped.ts'
import { type Option, traceIdOf } from './suggest.ts'
import { type Asked, type Typed, useSuggestions } from './use-suggestions.ts'
import './bar.css'

export interface BarHandle {
  focus: () => void
}

interface Props extends Asked {
  /** What is asked; empty if nothing is. */
  query: string
  /** What the server says against the query, and where. */
  problem: { message: string; at: number | null } | null
  onAsk: (query: string) => void
  onTrace: (id: string) => void
  ref?: Ref<BarHandle>
}

const NONE = -1

export function QueryBar({ query, problem, onAsk, onTrace, ref, ...asked }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [hasFocus, setFocus] = useState(false)
  const [typed, setTyped] = useState<Typed>({ text: query, caret: query.length })
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(NONE)
  /** Whether Tab completes: not for who only passes through the field. */
  const [isTyping, setTyping] = useState(false)
  const [history, setHistory] = useState(readHistory)
  const [shift, setShift] = useState(0)
  const ids = useId()

  // The URL may change under it: by Back, or by a facet.
  const [shown, setShown] = useState(query)
  if (shown !== query) {
    setShown(query)
    setTyped({ text: query, caret: query.length })
  }

  const { groups, isPending } = useSuggestions(typed, isOpen, asked, history)
  const options = groups.flatMap(group => group.options)
  const isShown = isOpen && (options.length > 0 || isPending)
  const isAsked = typed.text === query
  const wrong = isAsked ? problem : null

  useImperativeHandle(ref, () => ({
    focus: () => {
      input.current?.focus()
      open()
    },
  }))

  const open = () => {
    setHistory(readHistory())
    setActive(NONE)
    setOpen(true)
  }
  const close = () => {
    setOpen(false)
    setActive(NONE)
  }
  const type = (text: string, caret: number) => {
    setTyped({ text, caret })
    setTyping(true)
    open()
  }
  const ask = (text: string) => {
    const id = traceIdOf(text)
    if (id !== null) return onTrace(id)
    const whole = finished(text)
    setTyped({ text: whole, caret: whole.length })
    setTyping(false)
    close()
    onAsk(whole)
  }
  const take = (option: Option) => {
    if (option.kind === 'trace') return onTrace(option.id)
    if (option.kind === 'query') return ask(option.query)
    const { text, caret } = taken(typed.text, positionAt(typed.text, typed.caret), option.proposal)
    type(text, caret)
    moveCaret(input.current, text, caret)
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    const chosen = isShown ? options[active] : undefined
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      if (isShown) setActive(stepped(active, step, options.length))
      else open()
    } else if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault()
      open()
    } else if (event.key === 'Enter') {
      event.preventDefault()
      if (chosen !== undefined) take(chosen)
      else ask(typed.text)
    } else if (event.key === 'Tab' && !event.shiftKey && isShown && (chosen !== undefined || isTyping)) {
      const first = chosen ?? options[0]
      if (first === undefined) return
      event.preventDefault()
      take(first)
    } else if (event.key === 'Escape') {
      if (isShown) close()
      else setTyped({ text: query, caret: query.length })
      setTyping(false)
    }
  }
  /** The caret moves by keys and by the pointer, and so does what is in sight. */
  const follow = () => {
    const field = input.current
    if (field === null) return
    setShift(field.scrollLeft)
    const caret = field.selectionStart ?? typed.caret
    if (caret !== typed.caret) setTyped({ text: field.value, caret })
  }

  return (
    <div className="query-bar">
      <form
        className="query-bar__form"
        data-wrong={wrong !== null}
        onSubmit={event => {
          event.preventDefault()
          ask(typed.text)
        }}
      >
        <div className="query-bar__field">
          <input
            ref={input}
            className="query-bar__input"
            type="text"
            role="combobox"
            aria-label="TraceQL query"
            aria-autocomplete="list"
            aria-expanded={isShown}
            aria-controls={`${ids}-options`}
            aria-activedescendant={isShown && active !== NONE ? optionId(ids, active) : undefined}
            aria-invalid={wrong !== null}
            aria-describedby={wrong === null ? undefined : `${ids}-problem`}
            placeholder='{ resource.service.name = "cart" && duration > 200ms }'
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={typed.text}
            onChange={({ currentTarget }) =>
              type(currentTarget.value, currentTarget.selectionStart ?? currentTarget.value.length)
            }
            onSelect={follow}
            onScroll={follow}
            onClick={open}
            onKeyDown={onKeyDown}
            onFocus={() => setFocus(true)}
            onBlur={() => {
              setFocus(false)
              close()
              setTyping(false)
            }}
          />
          <div className="query-bar__text" aria-hidden="true">
            <span style={{ translate: `${-shift}px` }}>
              <Highlight
                text={typed.text}
                wrongAt={wrong?.at ?? null}
                caret={hasFocus ? typed.caret : null}
              />
            </span>
          </div>
          <p className="visually-hidden" role="status">
            {isShown && !isPending ? counted(options.length, 'proposal') : ''}
          </p>
          {isShown ? (
            <Options
              ids={ids}
              groups={groups}
              isPending={isPending}
              active={active}
              typed={typed}
              onTake={take}
            />
          ) : null}
        </div>
        <button type="submit" className="button button--main">
          <Search size={14} aria-hidden="true" />
          Search
        </button>
      </form>
      {wrong === null ? null : (
        <p className="query-bar__problem" id={`${ids}-problem`} role="alert">
          {wrong.message}
        </p>
      )}
    </div>
  )
}

/** After React has put the text in: it leaves the caret at the end. */
function moveCaret(input: HTMLInputElement | null, text: string, caret: number): void {
  requestAnimationFrame(() => {
    if (input === null || input.value !== text) return
    input.focus()
    input.setSelectionRange(caret, caret)
  })
}
