// Everything that is known of one span, beside the spans: rows that open in place would move those below.

import { X, ZoomIn } from 'lucide-react'
import { CopyButton } from '../ui/copy-button.tsx'
import '../ui/panel.css'
import { Section } from '../ui/section.tsx'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { Attributes, Dropped } from './attributes.tsx'
import { SearchLink } from './links.tsx'
import { PANEL } from './places.ts'
import type { Reading } from './reading.ts'
import { questionForOperation } from './search-link.ts'
import { SpanEvents, SpanLinks } from './span-events.tsx'
import { SpanFacts } from './span-facts.tsx'
import type { Looking } from './view.ts'
import './span-panel.css'
import { around } from './window.ts'

interface Props {
  reading: Reading
  /** Of the selected span. */
  place: number
  looking: Looking
}

export function SpanPanel({ reading, place, looking }: Props) {
  const { trace, tree, colouring } = reading
  const span = tree.nodes[place]?.span
  if (span === undefined) return null
  const { otlp, resource, scope } = span
  return (
    <aside className="panel" id={PANEL} tabIndex={-1} aria-label="Details of the span">
      <header className="panel__head">
        <Swatch colour={colouring(span)} />
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
          onClick={() => looking.zoom(around(span, trace.duration))}
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
      <SpanFacts reading={reading} place={place} onJump={looking.jump} />
      <Section title="Attributes" count={otlp.attributes?.length ?? 0}>
        <Attributes
          trace={trace}
          scope="span"
          attributes={otlp.attributes}
          dropped={otlp.droppedAttributesCount}
        />
      </Section>
      <Section title="Events" count={otlp.events?.length ?? 0}>
        <SpanEvents trace={trace} span={span} />
        <Dropped count={otlp.droppedEventsCount} noun="event" />
      </Section>
      <Section title="Links" count={otlp.links?.length ?? 0}>
        <SpanLinks trace={trace} span={span} />
        <Dropped count={otlp.droppedLinksCount} noun="link" />
      </Section>
      <Section title="Resource" count={resource.resource.attributes?.length ?? 0}>
        <Attributes
          trace={trace}
          scope="resource"
          attributes={resource.resource.attributes}
          dropped={resource.resource.droppedAttributesCount}
        />
        <SchemaUrl url={resource.schemaUrl} />
      </Section>
      <Section title="Scope" count={scope.scope.attributes?.length ?? 0}>
        <p className="panel__line mono">
          {[scope.scope.name, scope.scope.version].filter(Boolean).join(' ') || 'no name'}
        </p>
        <Attributes
          trace={trace}
          scope="instrumentation"
          attributes={scope.scope.attributes}
          dropped={scope.scope.droppedAttributesCount}
        />
        <SchemaUrl url={scope.schemaUrl} />
      </Section>
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

function SchemaUrl({ url }: { url: string | undefined }) {
  return url ? (
    <p className="panel__line muted">
      Schema <span className="mono">{url}</span>
    </p>
  ) : null
}
