// The proposals below a field for an expression: what may come next, or questions that are asked often.

import { type Ref, useEffect, useImperativeHandle, useState } from 'react'
import { type Completion, complete, type Known } from '../find/complete.ts'
import { PRESETS } from '../find/presets.ts'

export interface Listed {
  known: Known
  handle: {
    /** Whether a key was the list's. */
    onKey: (key: string) => boolean
  }
}

interface Props {
  id: string
  label: string
  text: string
  caret: number
  known: Known
  ref: Ref<Listed['handle']>
  /** Id of the option that is at hand. */
  onActive: (id: string | null) => void
  /** The whole text with the proposal in it, and where the caret then is. */
  onChoose: (text: string, caret: number) => void
}

interface Proposal extends Completion {
  start: number
  end: number
}

export default function ExpressionList({ id, label, text, caret, known, ref, onActive, onChoose }: Props) {
  const [at, setAt] = useState(-1)
  const proposals = proposalsOf(text, caret, known)
  const key = `${text} ${caret}`
  const [shownFor, setShownFor] = useState(key)
  if (key !== shownFor) {
    setShownFor(key)
    setAt(-1)
  }
  const optionId = (index: number) => `${id}-${index}`
  const active = at >= 0 && at < proposals.length ? optionId(at) : null
  useEffect(() => onActive(active), [onActive, active])
  const choose = ({ start, end, text: chosen }: Proposal) => {
    const rest = text.slice(end)
    const before = `${text.slice(0, start)}${chosen}${rest.startsWith(' ') ? '' : ' '}`
    onChoose(`${before}${rest}`, before.length)
  }
  useImperativeHandle(ref, () => ({
    onKey: name => {
      const proposal = proposals[at]
      if ((name === 'Enter' || name === 'Tab') && proposal !== undefined) {
        choose(proposal)
        return true
      }
      if ((name !== 'ArrowDown' && name !== 'ArrowUp') || proposals.length === 0) return false
      const step = name === 'ArrowDown' ? 1 : -1
      setAt((Math.max(at, step > 0 ? -1 : 0) + step + proposals.length) % proposals.length)
      return true
    },
  }))
  if (proposals.length === 0) return null
  return (
    <div id={id} className="expression__list" role="listbox" aria-label={`Proposals: ${label}`}>
      {proposals.map((proposal, index) => (
        <div
          key={proposal.text}
          id={optionId(index)}
          className="option expression__option"
          role="option"
          aria-selected={index === at}
          tabIndex={-1}
          // At the press, and without its effect: the field keeps the focus.
          onMouseDown={event => {
            event.preventDefault()
            choose(proposal)
          }}
        >
          <code>{proposal.text}</code>
          <span className="muted">{proposal.words}</span>
        </div>
      ))}
    </div>
  )
}

function proposalsOf(text: string, caret: number, known: Known): Proposal[] {
  const { start, end, choices } = complete(text, caret, known)
  const next = choices.map(choice => ({ ...choice, start, end }))
  if (text.trim() !== '') return next
  const presets = PRESETS.map(({ words, text: preset }) => ({
    text: preset,
    words,
    start: 0,
    end: text.length,
  }))
  return [...presets, ...next]
}
