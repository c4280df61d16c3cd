import { useEffect, useRef } from 'react'
import { positionAt } from '../traceql/position.ts'
import { unquoted } from '../traceql/quote.ts'
import { Highlight } from './highlight.tsx'
import type { Group, Option } from './suggest.ts'
import type { Typed } from './use-suggestions.ts'

interface Props {
  ids: string
  groups: readonly Group[]
  active: number
  typed: Typed
  onTake: (option: Option) => void
}

export const optionId = (ids: string, place: number) => `${ids}-option-${place}`

/** The list of proposals. The focus stays in the field. */
export function Options({ ids, groups, active, typed, onTake }: Props) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (active >= 0)
      list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [active])
  const sought = unquoted(positionAt(typed.text, typed.caret).typed)
  let place = -1
  return (
    <div className="query-options">
      <div
        ref={list}
        id={`${ids}-options`}
        className="query-options__list"
        role="listbox"
        aria-label="Proposals"
      >
        {groups.map(group => (
          <div key={group.title} role="group" aria-label={group.title}>
            <div className="query-options__title" aria-hidden="true">
              {group.title}
            </div>
            {group.options.map(option => {
              place += 1
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are those of the field
                <div
                  key={place}
                  id={optionId(ids, place)}
                  className="query-options__one"
                  role="option"
                  aria-selected={place === active}
                  // The field would lose the focus, and the list would close.
                  onPointerDown={event => event.preventDefault()}
                  onMouseDown={event => event.preventDefault()}
                  onClick={() => onTake(option)}
                >
                  <OptionText option={option} sought={sought} />
                </div>
              )
            })}
          </div>
        ))}
      </div>
      <p className="query-options__keys" aria-hidden="true">
        <kbd className="key">↑</kbd> <kbd className="key">↓</kbd> choose <kbd className="key">Tab</kbd>{' '}
        complete <kbd className="key">Enter</kbd> search <kbd className="key">Esc</kbd> close
      </p>
    </div>
  )
}

function OptionText({ option, sought }: { option: Option; sought: string }) {
  switch (option.kind) {
    case 'trace':
      return (
        <>
          <span>Open the trace</span> <span className="mono">{option.id}</span>
        </>
      )
    case 'query':
      return (
        <>
          {option.words === '' ? null : <span className="query-options__words">{option.words}</span>}
          <code className="query-options__label query-text">
            <Highlight text={option.query} wrongAt={null} />
          </code>
        </>
      )
    case 'part':
      return (
        <>
          <code className="query-options__label">
            <Found text={option.proposal.label} sought={sought} />
          </code>
          <span className="query-options__detail">{option.proposal.detail}</span>
        </>
      )
  }
}

/** A label with the part that was typed in bold. */
function Found({ text, sought }: { text: string; sought: string }) {
  const at = sought === '' ? -1 : text.toLowerCase().indexOf(sought.toLowerCase())
  if (at === -1) return text
  const end = at + sought.length
  return (
    <>
      {text.slice(0, at)}
      <b>{text.slice(at, end)}</b>
      {text.slice(end)}
    </>
  )
}
