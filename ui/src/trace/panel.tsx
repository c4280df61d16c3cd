// Everything that is known of one span, beside the waterfall: rows that open in place would move those below.

import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import type { SchemaEvent, SchemaLink } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { formatDuration, formatMoment } from '../ui/format.ts'
import { ErrorWord, Mark } from '../ui/mark.tsx'
import '../ui/panel.css'
import { Section } from '../ui/section.tsx'
import type { ServiceName } from '../ui/service-colour.ts'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { between, parseMoment } from '../ui/units.ts'
import { Attributes, Dropped } from './attributes.tsx'
import { PANEL } from './places.ts'
import { durationOf, type Span, type Trace } from './span.ts'
import { startsBeforeParent } from './summary.ts'
import type { Tree } from './tree.ts'

interface Props {
  trace: Trace
  tree: Tree
  /** Of the selected span. */
  place: number
  colours: ReadonlyMap<ServiceName, string>
  onSelect: (key: string | undefined) => void
}

export function SpanPanel({ trace, tree, place, colours, onSelect }: Props) {
  const node = tree.nodes[place]
  if (node === undefined) return null
  const { span } = node
  const parent = node.parent === null ? undefined : tree.nodes[node.parent]?.span
  const { otlp, resource, scope } = span
  return (
    <aside className="panel" id={PANEL} tabIndex={-1} aria-label="Details of the span">
      <header className="panel__head">
        <Swatch colour={colours.get(span.service)} />
        <h2 className="panel__title">
          <ServiceText service={span.service} /> <span className="panel__name">{span.name || 'no name'}</span>
        </h2>
        <button
          type="button"
          className="button button--plain button--icon"
          onClick={() => onSelect(undefined)}
          aria-label="Close the details"
          title="Close (Esc)"
        >
          <X size={16} aria-hidden="true" />
        </button>
      </header>
      <Facts span={span} parent={parent} isAhead={startsBeforeParent(tree, place)} onSelect={onSelect} />
      <Section title="Attributes" count={otlp.attributes?.length ?? 0}>
        <Attributes attributes={otlp.attributes} dropped={otlp.droppedAttributesCount} />
      </Section>
      <Section title="Events" count={otlp.events?.length ?? 0}>
        <Events events={otlp.events ?? []} trace={trace} />
        <Dropped count={otlp.droppedEventsCount} noun="event" />
      </Section>
      <Section title="Links" count={otlp.links?.length ?? 0}>
        <Links links={otlp.links ?? []} />
        <Dropped count={otlp.droppedLinksCount} noun="link" />
      </Section>
      <Section title="Resource" count={resource.resource.attributes?.length ?? 0}>
        <Attributes
          attributes={resource.resource.attributes}
          dropped={resource.resource.droppedAttributesCount}
        />
        <SchemaUrl url={resource.schemaUrl} />
      </Section>
      <Section title="Scope" count={scope.scope.attributes?.length ?? 0}>
        <p className="panel__line mono">
          {[scope.scope.name, scope.scope.version].filter(Boolean).join(' ') || 'no name'}
        </p>
        <Attributes attributes={scope.scope.attributes} dropped={scope.scope.droppedAttributesCount} />
        <SchemaUrl url={scope.schemaUrl} />
      </Section>
    </aside>
  )
}

interface FactsProps {
  span: Span
  parent: Span | undefined
  isAhead: boolean
  onSelect: (key: string) => void
}

function Facts({ span, parent, isAhead, onSelect }: FactsProps) {
  const { otlp } = span
  return (
    <dl className="panel__facts">
      <dt>Status</dt>
      <dd>
        <StatusWord span={span} />
      </dd>
      <dt>Kind</dt>
      <dd>{span.kind}</dd>
      <dt>Duration</dt>
      <dd className="mono">{durationOf(span)}</dd>
      <dt>Started</dt>
      <dd className="mono">
        {span.startedAt === null ? 'not known' : `+${formatDuration(span.start)}`}
        {span.startedAt === null ? null : <div className="muted">{formatMoment(span.startedAt)}</div>}
      </dd>
      {span.oddity === null && !isAhead ? null : (
        <>
          <dt>Clock</dt>
          <dd className="panel__warning">
            <Mark state="warn" />
            {span.oddity ?? 'starts before its parent'}
          </dd>
        </>
      )}
      <dt>Span id</dt>
      <dd className="mono panel__id">
        {span.spanId}
        <CopyButton what="the span id" text={span.spanId} />
      </dd>
      <dt>Parent</dt>
      <dd className="mono">
        <ParentWord span={span} parent={parent} onSelect={onSelect} />
      </dd>
      {otlp.traceState ? (
        <>
          <dt>Trace state</dt>
          <dd className="mono">{otlp.traceState}</dd>
        </>
      ) : null}
      {otlp.flags ? (
        <>
          <dt>Flags</dt>
          <dd className="mono">{otlp.flags}</dd>
        </>
      ) : null}
    </dl>
  )
}

function StatusWord({ span }: { span: Span }) {
  const message = span.otlp.status?.message
  switch (span.status) {
    case 'error':
      return (
        <>
          <ErrorWord>error</ErrorWord> {message}
        </>
      )
    case 'ok':
      return (
        <span className="panel__warning">
          <Mark state="ok" />
          ok {message}
        </span>
      )
    case 'unset':
      return <span className="muted">not set {message}</span>
  }
}

function ParentWord({ span, parent, onSelect }: Pick<FactsProps, 'span' | 'parent' | 'onSelect'>) {
  if (parent !== undefined) {
    return (
      <button type="button" className="link-button" onClick={() => onSelect(parent.key)}>
        {parent.service ?? 'unnamed'} {parent.name}
      </button>
    )
  }
  return span.parentSpanId === null ? (
    <span className="muted">none, this is a root</span>
  ) : (
    `${span.parentSpanId} (did not come)`
  )
}

function Events({ events, trace }: { events: readonly SchemaEvent[]; trace: Trace }) {
  return (
    <ol>
      {events.map((event, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no id and never move
        <li key={place} className="panel__item">
          <p className="panel__line">
            <strong>{event.name || 'no name'}</strong>{' '}
            <span className="mono muted">{whenOf(event, trace)}</span>
          </p>
          <Attributes attributes={event.attributes} dropped={event.droppedAttributesCount} />
        </li>
      ))}
    </ol>
  )
}

function whenOf(event: SchemaEvent, trace: Trace): string {
  const at = parseMoment(event.timeUnixNano)
  if (at === null) return 'no time'
  return trace.startedAt === null ? formatMoment(at) : `+${formatDuration(between(trace.startedAt, at))}`
}

function Links({ links }: { links: readonly SchemaLink[] }) {
  return (
    <ul>
      {links.map((link, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same span may be linked twice, and links never move
        <li key={place} className="panel__item">
          <Link
            to={paths.trace}
            params={{ traceId: link.traceId }}
            search={{ span: link.spanId }}
            className="mono"
          >
            {link.traceId} / {link.spanId}
          </Link>
          {link.traceState ? <p className="panel__line mono">{link.traceState}</p> : null}
          <Attributes attributes={link.attributes} dropped={link.droppedAttributesCount} />
        </li>
      ))}
    </ul>
  )
}

function SchemaUrl({ url }: { url: string | undefined }) {
  return url ? (
    <p className="panel__line muted">
      Schema <span className="mono">{url}</span>
    </p>
  ) : null
}
