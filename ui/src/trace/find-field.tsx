// Finding spans by text, with how many are found and which of them is looked at.

import { ChevronDown, ChevronUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { formatCount } from '../ui/format.ts'
import { FIND, VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { placesOf } from './sight.ts'

/** Who types fast writes the word before it is looked for. */
const PAUSE_MS = 120

interface Props {
  reading: Reading
  find: string | undefined
  selected: string | undefined
  onFind: (find: string | undefined) => void
  onStep: (way: 'next match' | 'previous match') => void
}

export function FindField({ reading, find, selected, onFind, onStep }: Props) {
  const { typed, type, commit } = useTyped(find ?? '', text => onFind(text.trim() || undefined))
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter') {
      // What was just typed has not been looked for yet: then Enter only looks.
      if (!commit()) onStep(event.shiftKey ? 'previous match' : 'next match')
    }
    if (event.key === 'Escape') {
      if (typed !== '') type('')
      else document.getElementById(VIEW)?.focus()
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
      <Count reading={reading} selected={selected} onStep={onStep} />
    </div>
  )
}

type CountProps = Pick<Props, 'reading' | 'selected' | 'onStep'>

function Count({ reading: { tree, found, sight }, selected, onStep }: CountProps) {
  if (found === null) return null
  const places = placesOf(found).filter(place => sight.hidden?.[place] !== 1)
  const at = places.indexOf(tree.places.get(selected ?? '') ?? -1)
  const words =
    places.length === 0
      ? 'none'
      : at < 0
        ? `${formatCount(places.length)} found`
        : `${formatCount(at + 1)} of ${formatCount(places.length)}`
  return (
    <>
      <output className="find-field__count mono">{words}</output>
      <StepButton words="Previous match (N)" icon={ChevronUp} onPress={() => onStep('previous match')} />
      <StepButton words="Next match (n)" icon={ChevronDown} onPress={() => onStep('next match')} />
    </>
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
