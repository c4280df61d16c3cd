import { Link } from '@tanstack/react-router'
import { ArrowLeftRight } from 'lucide-react'
import { useMemo } from 'react'
import type { SchemaTraceComparison, SchemaTraceHead } from '../../api/schema.d.ts'
import { paths } from '../../app/paths.ts'
import { counted, formatDuration, formatMoment } from '../../ui/format.ts'
import { ErrorWord } from '../../ui/mark.tsx'
import { serviceColours } from '../../ui/service-colour.ts'
import { nanoseconds, parseMoment } from '../../ui/units.ts'
import { Operation } from '../operation.tsx'
import { Contributions } from './contributions.tsx'
import { MergedTree } from './merged-tree.tsx'

interface Props {
  comparison: SchemaTraceComparison
  onAnother: () => void
}

/** Two traces: their heads, where the difference comes from, and both as one tree. */
export function Comparison({ comparison, onAnother }: Props) {
  const { left, right, difference_ns: difference } = comparison
  const colours = useMemo(() => serviceColours(servicesIn(comparison)), [comparison])
  return (
    <>
      <div className="comparison__heads">
        <Head side="This trace" head={left} colours={colours} />
        <p className="comparison__verdict">
          <strong>{verdict(difference)}</strong>
          <Link
            className="button"
            to={paths.trace}
            params={{ traceId: right.trace_id }}
            search={{ view: 'compare', with: left.trace_id }}
          >
            <ArrowLeftRight size={14} aria-hidden="true" />
            Swap
          </Link>
          <button type="button" className="button" onClick={onAnother}>
            Choose another
          </button>
        </p>
        <Head side="The other" head={right} colours={colours} isLinked />
      </div>
      <Contributions comparison={comparison} colours={colours} />
      <MergedTree comparison={comparison} colours={colours} />
    </>
  )
}

function servicesIn({ nodes, contributions }: SchemaTraceComparison) {
  return [...nodes, ...contributions].map(({ operation }) => operation.service)
}

function verdict(difference: number): string {
  if (difference === 0) return 'Both took as long'
  return `This one is ${formatDuration(nanoseconds(Math.abs(difference)))} ${difference > 0 ? 'slower' : 'faster'}`
}

interface HeadProps {
  side: string
  head: SchemaTraceHead
  colours: Parameters<typeof Operation>[0]['colours']
  isLinked?: boolean
}

function Head({ side, head, colours, isLinked = false }: HeadProps) {
  const moment = parseMoment(head.start_time_unix_nano)
  return (
    <section className="comparison__head" aria-label={side}>
      <p>
        <span className="muted">{side}</span>{' '}
        {isLinked ? (
          <Link to={paths.trace} params={{ traceId: head.trace_id }} className="mono">
            {head.trace_id.slice(0, 16)}…
          </Link>
        ) : (
          <span className="mono">{head.trace_id.slice(0, 16)}…</span>
        )}
      </p>
      <p>
        <Operation operation={head.root} colours={colours} />
        {head.root_reason === 'no_parent' ? null : <span className="muted"> its root did not come</span>}
      </p>
      <p>
        <strong className="mono">{formatDuration(nanoseconds(head.duration_ns))}</strong>{' '}
        <span className="muted">
          {counted(head.span_count, 'span')} of {counted(head.service_count, 'service')} in{' '}
          {counted(head.depth, 'level')}
        </span>{' '}
        {head.error_count === 0 ? null : <ErrorWord>{counted(head.error_count, 'error')}</ErrorWord>}
      </p>
      <p className="muted mono">{moment === null ? '' : formatMoment(moment).slice(0, 23)}</p>
    </section>
  )
}
