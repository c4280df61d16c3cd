// How the trace is looked at: as what, in which colours, all of it or a part.

import { ChartGantt, Flame, GitCompareArrows, Microscope, Route, Table2 } from 'lucide-react'
import { COLOURS_BY, type ColourBy } from './colouring.ts'
import { FindField } from './find-field.tsx'
import type { Reading } from './reading.ts'
import { type Ground, step } from './steps.ts'
import { isOfSpans, type Looking, type Only, type ViewName } from './view.ts'

interface Props {
  reading: Reading
  ground: Ground
  looking: Looking
}

export function TraceToolbar({ reading, ground, looking }: Props) {
  const { change, name } = looking
  return (
    <div className="toolbar trace-toolbar" role="toolbar" aria-label="View of the trace">
      <ViewChoice name={name} onChoose={next => change({ view: next === 'waterfall' ? undefined : next })} />
      {isOfSpans(name) ? <SpanTools reading={reading} ground={ground} looking={looking} /> : null}
    </div>
  )
}

/** What looks for spans, leaves some out or colours them: of no use where none is drawn. */
function SpanTools({ reading, ground, looking }: Props) {
  const { search, change, isPathShown, view, go } = looking
  return (
    <>
      <FindField
        reading={reading}
        find={search.find}
        selected={view.selected}
        onFind={find => change({ find }, true)}
        onStep={way => go(step(ground, view, way))}
        onMissing={looking.select}
      />
      <button
        type="button"
        className="button"
        aria-pressed={isPathShown}
        onClick={() => change({ cp: isPathShown ? undefined : 1 })}
        title="What the trace waited for (c)"
      >
        <Route size={14} aria-hidden="true" />
        Critical path
      </button>
      <OnlyChoice only={search.only} onChoose={only => change(searchOfOnly(only, isPathShown))} />
      <ColourChoice
        by={looking.colourBy}
        onChoose={by => change({ colour: by === 'service' ? undefined : by })}
      />
    </>
  )
}

/** Only the critical path without the critical path would be everything. */
function searchOfOnly(only: Only | undefined, isPathShown: boolean) {
  return only === 'path' && !isPathShown ? { only, cp: 1 as const } : { only }
}

const VIEWS = [
  { name: 'waterfall', words: 'Waterfall', icon: ChartGantt, title: 'Spans in time, a row each' },
  { name: 'flame', words: 'Flame graph', icon: Flame, title: 'Calls below their callers (f)' },
  { name: 'table', words: 'Table', icon: Table2, title: 'Spans and operations in numbers (v)' },
  {
    name: 'analysis',
    words: 'Analysis',
    icon: Microscope,
    title: 'Who worked how long, and what is odd',
  },
  { name: 'compare', words: 'Compare', icon: GitCompareArrows, title: 'This trace beside another' },
] as const

export function ViewChoice({ name, onChoose }: { name: ViewName; onChoose: (name: ViewName) => void }) {
  return (
    <fieldset className="switcher">
      <legend className="visually-hidden">View</legend>
      {VIEWS.map(({ name: of, words, icon: Icon, title }) => (
        <button
          key={of}
          type="button"
          className="button"
          aria-pressed={of === name}
          onClick={() => onChoose(of)}
          title={title}
        >
          <Icon size={14} aria-hidden="true" />
          {words}
        </button>
      ))}
    </fieldset>
  )
}

const ONLY_WORDS: Record<Only | 'all', string> = {
  all: 'All spans',
  matches: 'Matches only',
  path: 'Critical path only',
}

function OnlyChoice({
  only,
  onChoose,
}: {
  only: Only | undefined
  onChoose: (only: Only | undefined) => void
}) {
  return (
    <label className="chooser">
      <span className="visually-hidden">Spans that are shown</span>
      <select
        className="field"
        value={only ?? 'all'}
        onChange={({ currentTarget: { value } }) =>
          onChoose(value === 'matches' || value === 'path' ? value : undefined)
        }
      >
        {Object.entries(ONLY_WORDS).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}

const COLOUR_WORDS: Record<ColourBy, string> = {
  service: 'Colour by service',
  status: 'Colour by status',
  duration: 'Colour by duration',
}

function ColourChoice({ by, onChoose }: { by: ColourBy; onChoose: (by: ColourBy) => void }) {
  return (
    <label className="chooser">
      <span className="visually-hidden">What colours say</span>
      <select
        className="field"
        value={by}
        onChange={({ currentTarget: { value } }) =>
          onChoose(COLOURS_BY.find(name => name === value) ?? 'service')
        }
      >
        {COLOURS_BY.map(name => (
          <option key={name} value={name}>
            {COLOUR_WORDS[name]}
          </option>
        ))}
      </select>
    </label>
  )
}
