// What is asked, and how it is looked at.

import { useQuery } from '@tanstack/react-query'
import { Minus, Network, Plus, Table2, X } from 'lucide-react'
import { useState } from 'react'
import type { GraphQuestion } from '../api/graph-question.ts'
import { namespacesQuery } from '../api/queries.ts'
import { useTenant } from '../app/tenant.ts'
import { Choice } from '../ui/choice.tsx'
import { DEPTH, DEPTH_MAX, GROUPINGS } from './question.ts'
import { GROUPING_WORDS } from './words.ts'

interface GroupingProps {
  by: GraphQuestion['by']
  onChoose: (by: GraphQuestion['by']) => void
}

export function GroupingChoice({ by, onChoose }: GroupingProps) {
  return (
    <Choice
      label="Group by"
      value={by}
      options={GROUPINGS.map(id => ({ id, words: GROUPING_WORDS[id] }))}
      onChoose={id => onChoose(GROUPINGS.find(name => name === id) ?? 'service')}
    />
  )
}

interface NamespaceProps {
  question: GraphQuestion
  /** Those that are known without asking. */
  seen: readonly string[]
  onChoose: (namespace: string | undefined) => void
}

/** No namespace has this name. */
const ALL = ''

export function NamespaceChoice({ question, seen, onChoose }: NamespaceProps) {
  const { namespace, range } = question
  const [isAsked, setAsked] = useState(false)
  const known = useQuery({ ...namespacesQuery(useTenant(), range), enabled: isAsked }).data ?? []
  const names = [...new Set([...seen, ...known, ...(namespace === undefined ? [] : [namespace])])].sort()
  return (
    <Choice
      label="Namespace"
      value={namespace ?? ALL}
      options={[{ id: ALL, words: 'All namespaces' }, ...names.map(id => ({ id, words: id }))]}
      onChoose={id => onChoose(id === ALL ? undefined : id)}
      onOpen={() => setAsked(true)}
    />
  )
}

interface FocusProps {
  focus: string
  depth: number
  onDepth: (depth: number) => void
  onClear: () => void
}

/** Which node is looked at closely, and how far around it. */
export function FocusChip({ focus, depth, onDepth, onClear }: FocusProps) {
  return (
    <fieldset className="focus-chip">
      <legend className="visually-hidden">Focus</legend>
      <span className="focus-chip__name" title={focus}>
        Around <strong>{focus}</strong>
      </span>
      <ChipButton
        words="Less around it ([)"
        isDisabled={depth <= DEPTH}
        onPress={() => onDepth(depth - 1)}
        icon={Minus}
      />
      <span className="mono">
        <span className="visually-hidden">Depth </span>
        {depth}
      </span>
      <ChipButton
        words="More around it (])"
        isDisabled={depth >= DEPTH_MAX}
        onPress={() => onDepth(depth + 1)}
        icon={Plus}
      />
      <ChipButton words="Show everything (Esc)" onPress={onClear} icon={X} />
    </fieldset>
  )
}

interface ChipButtonProps {
  words: string
  isDisabled?: boolean
  onPress: () => void
  icon: typeof X
}

function ChipButton({ words, isDisabled = false, onPress, icon: Icon }: ChipButtonProps) {
  return (
    <button
      type="button"
      className="button button--plain button--icon"
      disabled={isDisabled}
      onClick={onPress}
      aria-label={words}
      title={words}
    >
      <Icon size={13} aria-hidden="true" />
    </button>
  )
}

interface ViewProps {
  view: 'graph' | 'table'
  onChoose: (view: 'graph' | 'table') => void
}

export function ViewChoice({ view, onChoose }: ViewProps) {
  return (
    <fieldset className="switcher">
      <legend className="visually-hidden">View</legend>
      <button
        type="button"
        className="button"
        aria-pressed={view === 'graph'}
        onClick={() => onChoose('graph')}
      >
        <Network size={14} aria-hidden="true" />
        Graph
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={view === 'table'}
        onClick={() => onChoose('table')}
        title="Graph or table (v)"
      >
        <Table2 size={14} aria-hidden="true" />
        Table
      </button>
    </fieldset>
  )
}
