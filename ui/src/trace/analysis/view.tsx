// What there is to know of a trace as a whole: what stands out, and who worked how long.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { analysisQuery } from '../../api/queries-analysis.ts'
import type { SchemaSpanRef, SchemaTraceAnalysis } from '../../api/schema.d.ts'
import { FailureView } from '../../app/failure-view.tsx'
import { useTenant } from '../../app/tenant.ts'
import { Mark, type State } from '../../ui/mark.tsx'
import { keyAt, rowOfHalf } from '../ids.ts'
import { operationWords } from '../operation.tsx'
import { VIEW } from '../places.ts'
import type { ViewProps } from '../views.tsx'
import './analysis.css'
import { type Finding, findingsOf } from './findings.ts'
import { idOf, type WorkRow } from './work.ts'
import { WorkTable } from './work-table.tsx'

export function AnalysisView({ reading, looking }: ViewProps) {
  const { traceId, trace } = reading
  const { data, error, refetch } = useQuery(analysisQuery(useTenant(), traceId, trace.spanCount))
  return (
    <div className="trace__view analysis" id={VIEW} tabIndex={-1}>
      {data !== undefined ? (
        <Analysis analysis={data} reading={reading} looking={looking} />
      ) : error !== null ? (
        <FailureView error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="analysis__waiting" role="status" aria-label="Loading the analysis">
          <span className="skeleton" style={{ width: '52%' }} />
          <span className="skeleton" style={{ width: '38%' }} />
          <span className="skeleton" style={{ width: '100%', height: 180 }} />
        </div>
      )}
    </div>
  )
}

function Analysis({ analysis, reading, looking }: ViewProps & { analysis: SchemaTraceAnalysis }) {
  const { colours, trace } = reading
  const findings = useMemo(() => findingsOf(analysis), [analysis])
  const [services, operations] = useMemo(() => [serviceRows(analysis), operationRows(analysis)], [analysis])
  const jump = (span: SchemaSpanRef) => {
    const row = rowOfHalf(trace, span.span_id, span.kind)
    // To where it can be seen; one that is not there yet can be asked for.
    const key = row === undefined ? span.span_id : keyAt(trace, row)
    looking.change({ view: undefined, span: key, depth: undefined, fold: undefined })
  }
  const find = (text: string) => looking.change({ view: undefined, find: text, only: 'matches' })
  const show = ({ operation }: WorkRow) => find(operation.name || (operation.service ?? ''))
  return (
    <>
      <section aria-label="What stands out">
        <h2>What stands out</h2>
        <ul className="findings">
          {findings.map(finding => (
            <One key={finding.words} finding={finding} onJump={jump} onFind={find} />
          ))}
        </ul>
      </section>
      <WorkTable
        title="Services"
        what="Service"
        rows={services}
        count={analysis.service_count}
        duration={analysis.root_duration_ns}
        colours={colours}
        onShow={show}
      />
      <WorkTable
        title="Operations"
        what="Operation"
        rows={operations}
        count={analysis.operation_count}
        duration={analysis.root_duration_ns}
        colours={colours}
        onShow={show}
      />
    </>
  )
}

function serviceRows({ services }: SchemaTraceAnalysis): WorkRow[] {
  return services.map(({ service, work }) => {
    const operation = { service, name: '', kind: 0 }
    return { id: idOf(operation), operation, work }
  })
}

function operationRows({ operations }: SchemaTraceAnalysis): WorkRow[] {
  return operations.map(({ operation, work }) => ({ id: idOf(operation), operation, work }))
}

const MARKS: Record<Finding['tone'], State> = { plain: 'idle', warn: 'warn', bad: 'bad' }

interface OneProps {
  finding: Finding
  onJump: (span: SchemaSpanRef) => void
  onFind: (text: string) => void
}

function One({ finding: { tone, words, spans, find }, onJump, onFind }: OneProps) {
  return (
    <li>
      <Mark state={MARKS[tone]} />
      <span>
        {words}
        {find === undefined || find.name === '' ? null : (
          <>
            {' '}
            <button type="button" className="link-button" onClick={() => onFind(find.name)}>
              Show these spans
            </button>
          </>
        )}
        {spans.length === 0 ? null : (
          <span className="findings__spans">
            {spans.map(span => (
              <button
                key={`${span.span_id} ${span.kind}`}
                type="button"
                className="link-button"
                onClick={() => onJump(span)}
              >
                {operationWords(span)}
              </button>
            ))}
          </span>
        )}
      </span>
    </li>
  )
}
