// What a span says beyond what is drawn of it: attributes, events, links, and where it came from.

import type { SchemaSpan } from '../api/schema.d.ts'
import { Section } from '../ui/section.tsx'
import { Attributes, Dropped } from './attributes.tsx'
import type { Trace } from './columns.ts'
import type { Details } from './details.ts'
import type { Telling } from './said.ts'
import { SpanEvents, SpanLinks } from './span-events.tsx'

export function SpanSections({ trace, telling }: { trace: Trace; telling: Telling }) {
  switch (telling.kind) {
    case 'asking':
      return <SectionsSkeleton />
    case 'failed':
      return (
        <p className="panel__line" role="alert">
          The details did not come: {telling.error.message}{' '}
          <button type="button" className="button" onClick={telling.retry}>
            Retry
          </button>
        </p>
      )
    case 'known':
      return <KnownSections trace={trace} details={telling.details} />
  }
}

function SectionsSkeleton() {
  return (
    <div className="panel__waiting" role="status" aria-label="Loading the details">
      {['62%', '84%', '48%', '71%', '55%'].map(width => (
        <span key={width} className="skeleton" style={{ width }} />
      ))}
    </div>
  )
}

function KnownSections({ trace, details: { otlp, resource, scope } }: { trace: Trace; details: Details }) {
  return (
    <>
      <OwnSections trace={trace} otlp={otlp} />
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
    </>
  )
}

function OwnSections({ trace, otlp }: { trace: Trace; otlp: SchemaSpan }) {
  return (
    <>
      <Section title="Attributes" count={otlp.attributes?.length ?? 0}>
        <Attributes
          trace={trace}
          scope="span"
          attributes={otlp.attributes}
          dropped={otlp.droppedAttributesCount}
        />
      </Section>
      <Section title="Events" count={otlp.events?.length ?? 0}>
        <SpanEvents trace={trace} otlp={otlp} />
        <Dropped count={otlp.droppedEventsCount} noun="event" />
      </Section>
      <Section title="Links" count={otlp.links?.length ?? 0}>
        <SpanLinks trace={trace} otlp={otlp} />
        <Dropped count={otlp.droppedLinksCount} noun="link" />
      </Section>
    </>
  )
}

function SchemaUrl({ url }: { url: string | undefined }) {
  return url ? (
    <p className="panel__line muted">
      Schema <span className="mono">{url}</span>
    </p>
  ) : null
}
