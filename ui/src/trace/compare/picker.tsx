// Chooses the trace to compare with: by its id, or among those that begin with the same operation.

import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { candidatesQuery } from '../../api/queries-analysis.ts'
import type { SchemaTraceItem } from '../../api/schema.d.ts'
import { useTenant } from '../../app/tenant.ts'
import { formatCount, formatDuration, formatMoment } from '../../ui/format.ts'
import { ErrorWord } from '../../ui/mark.tsx'
import { ServiceText } from '../../ui/service-label.tsx'
import { milliseconds, nsOfMs, parseMoment } from '../../ui/units.ts'
import { timeAround } from '../links.tsx'
import type { Reading } from '../reading.ts'
import { spanAt } from '../span.ts'
import { rootOf } from '../summary.ts'
import { idIn, PICKS, type Pick, picked, questionFor } from './candidates.ts'

const ASKED_MAX = 200
const SHOWN_MAX = 10

interface Props {
  reading: Reading
  onPick: (id: string) => void
}

export function Picker({ reading, onPick }: Props) {
  const row = useMemo(() => rootOf(reading.trace), [reading])
  const root = row === undefined ? undefined : spanAt(reading.trace, row)
  return (
    <>
      <IdForm onPick={onPick} />
      {root === undefined ? null : <Candidates reading={reading} root={root} onPick={onPick} />}
    </>
  )
}

function IdForm({ onPick }: { onPick: (id: string) => void }) {
  const [text, setText] = useState('')
  const id = idIn(text)
  const isWrong = text.trim() !== '' && id === null
  return (
    <form
      className="comparison__form"
      onSubmit={event => {
        event.preventDefault()
        if (id !== null) onPick(id)
      }}
    >
      <label>
        Compare with the trace{' '}
        <input
          className="field mono"
          value={text}
          placeholder="its id, or a link to it"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={isWrong}
          aria-describedby="compared-id"
          onChange={event => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" className="button" disabled={id === null}>
        Compare
      </button>
      <span id="compared-id" className="comparison__wrong" role="status">
        {isWrong ? 'An id is 1 to 32 hexadecimal digits' : ''}
      </span>
    </form>
  )
}

interface CandidatesProps extends Props {
  root: Parameters<typeof questionFor>[0]
}

function Candidates({ reading: { trace, traceId }, root, onPick }: CandidatesProps) {
  const [by, setBy] = useState<Pick>('newest')
  const question = questionFor(root)
  // The same object as long as it is the same time: the answer is found by it.
  const range = useMemo(() => timeAround(trace) ?? ({ kind: 'relative', range: '1h' } as const), [trace])
  const { data, error, isPending } = useQuery(candidatesQuery(useTenant(), question, range, ASKED_MAX))
  const traces = picked(data ?? [], traceId, by, SHOWN_MAX)
  return (
    <section aria-label="Traces of the same operation">
      <div className="comparison__choice">
        <h2>
          Or with another of <ServiceText service={root.service} /> {root.name}
        </h2>
        <fieldset className="switcher">
          <legend className="visually-hidden">Which come first</legend>
          {(Object.keys(PICKS) as Pick[]).map(pick => (
            <button
              key={pick}
              type="button"
              className="button"
              aria-pressed={pick === by}
              onClick={() => setBy(pick)}
            >
              {PICKS[pick]}
            </button>
          ))}
        </fieldset>
      </div>
      {error !== null ? (
        <p role="alert">The traces could not be searched: {error.message}</p>
      ) : isPending ? (
        <p role="status">Searching for them</p>
      ) : traces.length === 0 ? (
        <p>There is no other in {range.kind === 'relative' ? 'the last hour' : 'the hour around it'}.</p>
      ) : (
        <CandidateTable traces={traces} own={trace.length / 1e6} onPick={onPick} />
      )}
      {data !== undefined && data.length === ASKED_MAX ? (
        <p className="muted">Among the newest {formatCount(ASKED_MAX)}.</p>
      ) : null}
    </section>
  )
}

interface TableProps {
  traces: readonly SchemaTraceItem[]
  /** How long the trace itself took, in ms. */
  own: number
  onPick: (id: string) => void
}

function CandidateTable({ traces, own, onPick }: TableProps) {
  return (
    <table className="comparison__table" aria-label="Traces to compare with">
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col" data-number="true">
            Duration
          </th>
          <th scope="col" data-number="true">
            Against this one
          </th>
          <th scope="col" data-number="true">
            Spans
          </th>
          <th scope="col">Errors</th>
          <th scope="col">
            <span className="visually-hidden">What to do</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {traces.map(trace => (
          <tr key={trace.trace_id}>
            <th scope="row" className="mono">
              {startedWords(trace)}
            </th>
            <td data-number="true">{formatDuration(nsOfMs(milliseconds(trace.duration_ms)))}</td>
            <td data-number="true">{againstWords(trace.duration_ms - own)}</td>
            <td data-number="true">{formatCount(trace.span_count)}</td>
            <td>
              {trace.error_count === 0 ? (
                <span className="muted">none</span>
              ) : (
                <ErrorWord>{formatCount(trace.error_count)}</ErrorWord>
              )}
            </td>
            <td>
              <button
                type="button"
                className="button"
                aria-label={`Compare with ${trace.trace_id}`}
                onClick={() => onPick(trace.trace_id)}
              >
                Compare
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function startedWords({ start_time_unix_nano }: SchemaTraceItem): string {
  const moment = parseMoment(start_time_unix_nano)
  return moment === null ? 'not known' : formatMoment(moment).slice(0, 23)
}

/** `+12.0 ms`: how much longer it took. */
function againstWords(ms: number): string {
  const text = formatDuration(nsOfMs(milliseconds(ms)))
  return ms > 0 ? `+${text}` : text
}
