// Everything that is known of one span, beside the spans: rows that open in place would move those below.

import { X, ZoomIn } from 'lucide-react'
import { CopyButton } from '../ui/copy-button.tsx'
import '../ui/panel.css'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { type Details, spanIn } from './details.ts'
import { SearchLink } from './links.tsx'
import { PANEL } from './places.ts'
import type { Reading } from './reading.ts'
import { useAskedAhead, useDetails, useParentDetails } from './said.ts'
import { questionForOperation } from './search-link.ts'
import { type Span, spanAt } from './span.ts'
import { LostSpanFacts, SpanFacts } from './span-facts.tsx'
import { SpanSections } from './span-sections.tsx'
import type { Ground } from './steps.ts'
import type { Looking } from './view.ts'
import './span-panel.css'
import { around } from './window.ts'

interface Props {
  reading: Reading
  ground: Ground
  /** Of the selected span. */
  row: number
  looking: Looking
}

export function SpanPanel({ reading, ground, row, looking }: Props) {
  const { trace } = reading
  const telling = useDetails(trace, row)
  const own = telling.kind === 'known' ? telling.details : undefined
  const parent = useParentDetails(trace, row)
  useAskedAhead(ground, looking.view, telling.kind !== 'asking')
  return (
    <Panel span={spanAt(trace, row)} colour={reading.colouring(row)} reading={reading} looking={looking}>
      <SpanFacts reading={reading} row={row} said={{ own, parent }} onJump={looking.jump} />
      <SpanSections trace={trace} telling={telling} />
    </Panel>
  )
}

interface LostProps {
  reading: Reading
  details: Details
  looking: Looking
}

/** Of a span that is not among the rows. */
export function LostSpanPanel({ reading, details, looking }: LostProps) {
  const span = spanIn(details, reading.trace)
  return (
    <Panel span={span} colour={reading.colours.get(span.service)} reading={reading} looking={looking}>
      <LostSpanFacts trace={reading.trace} span={span} details={details} />
      <SpanSections trace={reading.trace} telling={{ kind: 'known', details }} />
    </Panel>
  )
}

interface PanelProps {
  span: Span
  colour: string | undefined
  reading: Reading
  looking: Looking
  children: React.ReactNode
}

function Panel({ span, colour, reading: { trace }, looking, children }: PanelProps) {
  return (
    <aside className="panel" id={PANEL} tabIndex={-1} aria-label="Details of the span">
      <header className="panel__head">
        <Swatch colour={colour} />
        <h2 className="panel__title">
          <ServiceText service={span.service} /> <span className="panel__name">{span.name || 'no name'}</span>
        </h2>
        <button
          type="button"
          className="button button--plain button--icon"
          onClick={() => looking.select(undefined)}
          aria-label="Close the details"
          title="Close (Esc)"
        >
          <X size={16} aria-hidden="true" />
        </button>
      </header>
      <div className="panel__actions">
        <button
          type="button"
          className="button"
          onClick={() => looking.zoom(around(span, trace.length))}
          title="Zoom to the span (z)"
        >
          <ZoomIn size={14} aria-hidden="true" />
          Zoom to it
        </button>
        <CopyButton what="a link to the span" label="Copy link to it" text={() => linkTo(span.key)} />
        <SearchLink
          trace={trace}
          question={questionForOperation(span)}
          words="Traces with this operation"
          label="Traces like it"
        />
      </div>
      {children}
    </aside>
  )
}

/** To the span alone: how one looks at it is one's own. */
function linkTo(key: string): string {
  const url = new URL(globalThis.location.href)
  const tenant = url.searchParams.get('tenant')
  url.search = ''
  if (tenant !== null) url.searchParams.set('tenant', tenant)
  url.searchParams.set('span', key)
  return url.href
}
