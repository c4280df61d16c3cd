// Finding spans by text, with how many are found and which of them is looked at.

import { ChevronDown, ChevronUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { formatCount } from '../ui/format.ts'
import type { Finding, Matches } from './finding.ts'
import { rowOfKey } from './ids.ts'
import { FIND, VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { rowsWith } from './sight.ts'

/** Who types fast writes the word before it is looked for. */
const PAUSE_MS = 120

interface Props {
  reading: Reading
  find: string | undefined
  selected: string | undefined
  onFind: (find: string | undefined) => void
  onStep: (way: 'next match' | 'previous match') => void
  /** Goes to a span that is not there, by its id. */
  onMissing: (spanId: string) => void
}

export function FindField({ reading, find, selected, onFind, onStep, onMissing }: Props) {
  const { typed, type, commit } = useTyped(find ?? '', text => onFind(text.trim() || undefined))
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter') {
      // What was just typed has not been looked for yet: then Enter only looks.
      if (!commit()) onStep(event.shiftKey ? 'previous match' : 'next match')
    }
    if (event.key === 'Escape') {
      // Back to the spans with what was found, for `n` and `N`; a browser would empty the field.
      commit()
      document.getElementById(VIEW)?.focus()
      event.preventDefault()
    }
  }
  return (
    <div className="find-field">
      <input
        id={FIND}
        type="search"
        className="field"
        aria-label="Find spans"
        aria-describedby={`${FIND}-help`}
        placeholder="Find a span  /"
        title="Words in names, ids and values; http.route=/cart for one attribute; -word leaves out"
        value={typed}
        onChange={({ currentTarget: { value } }) => type(value)}
        onKeyDown={onKeyDown}
      />
      <span id={`${FIND}-help`} className="visually-hidden">
        Words in names, ids and values; key=value for one attribute; a minus before what is left out. Enter
        goes to the next.
      </span>
      <Found {...{ reading, selected, onStep, onMissing }} />
    </div>
  )
}

type FoundProps = Pick<Props, 'reading' | 'selected' | 'onStep' | 'onMissing'>

function Found({ reading, selected, onStep, onMissing }: FoundProps) {
  const { finding } = reading
  switch (finding.kind) {
    case 'off':
      return null
    case 'asking':
      return <output className="find-field__count muted">Looking</output>
    case 'failed':
      return <NotFound finding={finding} />
    case 'known':
      return (
        <>
          <output className="find-field__count mono" aria-busy={finding.isLate}>
            {countWords(reading, finding.matches, selected)}
          </output>
          <StepButton words="Previous match (N)" icon={ChevronUp} onPress={() => onStep('previous match')} />
          <StepButton words="Next match (n)" icon={ChevronDown} onPress={() => onStep('next match')} />
          <Missing matches={finding.matches} onMissing={onMissing} />
        </>
      )
  }
}

function NotFound({ finding: { error, retry } }: { finding: Extract<Finding, { kind: 'failed' }> }) {
  return (
    <span className="find-field__count" role="alert">
      {error.message}{' '}
      <button type="button" className="button" onClick={retry}>
        Retry
      </button>
    </span>
  )
}

/** How many are found, and which of those that can be seen is looked at. */
function countWords(
  { trace, sight }: Reading,
  { flags, count, known, missing }: Matches,
  selected: string | undefined,
): string {
  const rows = rowsWith(flags).filter(row => sight.hidden?.[row] !== 1)
  if (rows.length + missing === 0) return 'none'
  const place = rows.indexOf(rowOfKey(trace, selected) ?? -1)
  if (place >= 0) return `${formatCount(place + 1)} of ${formatCount(rows.length)}`
  return known < count
    ? `first ${formatCount(known)} of ${formatCount(count)}`
    : `${formatCount(rows.length + missing)} found`
}

function Missing({ matches, onMissing }: { matches: Matches; onMissing: Props['onMissing'] }) {
  const { missing, firstMissing } = matches
  if (firstMissing === undefined) return null
  return (
    <button
      type="button"
      className="link-button"
      onClick={() => onMissing(firstMissing)}
      title="Goes to the first of them"
    >
      {formatCount(missing)} of them {missing === 1 ? 'is' : 'are'} not loaded
    </button>
  )
}

interface StepProps {
  words: string
  icon: typeof ChevronUp
  onPress: () => void
}

function StepButton({ words, icon: Icon, onPress }: StepProps) {
  return (
    <button
      type="button"
      className="button button--plain button--icon"
      aria-label={words}
      title={words}
      onClick={onPress}
    >
      <Icon size={14} aria-hidden="true" />
    </button>
  )
}

/** What is typed, told after a pause. What comes from elsewhere, by Back or a link, takes its place. */
function useTyped(value: string, tell: (text: string) => void) {
  const [typed, setTyped] = useState(value)
  const told = useRef(value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setTyped(value)
  }, [value])
  useEffect(() => () => clearTimeout(timer.current), [])
  const say = (text: string) => {
    clearTimeout(timer.current)
    if (text.trim() === told.current) return false
    told.current = text.trim()
    tell(text)
    return true
  }
  return {
    typed,
    type(text: string) {
      setTyped(text)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => say(text), PAUSE_MS)
    },
    commit: () => say(typed),
  }
}
