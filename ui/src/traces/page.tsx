// Traces: the newest of a time range, kept up while they come, or those that a query finds.

import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useRef } from 'react'
import type { TracesQuestion } from '../api/queries.ts'
import { refreshOf } from '../api/refresh.ts'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import { fixed, searchOf, type TimeRange } from '../api/time-range.ts'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { stringifySearch } from '../app/search.ts'
import { useTenant } from '../app/tenant.ts'
import { TimeRangePicker } from '../app/time-range-picker.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { epochMilliseconds } from '../ui/units.ts'
import { type BarHandle, QueryBar } from './bar/bar.tsx'
import { useKeptQueries } from './bar/use-kept-queries.ts'
import { Elsewhere } from './elsewhere.tsx'
import { problemOf } from './problem.ts'
import { questionOf } from './question.ts'
import { TracesResult } from './result.tsx'
import { ServiceFilter } from './service-filter.tsx'
import { useTraces } from './use-traces.ts'
import './traces.css'

const route = getRouteApi(paths.traces)
const NO_RANGE = { range: undefined, start: undefined, end: undefined }
const NONE: SchemaTraceItem[] = []

export function TracesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tenant = useTenant()
  const question = questionOf(search)
  const { q } = search
  const shown = useTraces(tenant, question, q, refreshOf(question.range, search.live))
  const filter = useRef<HTMLInputElement>(null)
  const bar = useRef<BarHandle>(null)
  const problem = problemOf(q, shown.error)
  const keep = useKeptQueries(q, shown.search !== null)
  useHotkeys({ search: () => bar.current?.focus(), filter: () => filter.current?.focus() })

  const chooseRange = (range: TimeRange) =>
    navigate({ search: before => ({ ...before, ...NO_RANGE, ...searchOf(range) }) })
  const chooseService = (service: string | undefined) =>
    navigate({ search: before => ({ ...before, service }) })
  // Another query has other traces: none of them is open, and the list begins as long as it does.
  const askFor = useCallback(
    (query: string) =>
      navigate({
        search: before => ({
          ...before,
          q: query === '' ? undefined : query,
          open: undefined,
          limit: undefined,
        }),
      }),
    [navigate],
  )
  const ask = (query: string) => {
    keep(query)
    if (query === (q ?? '')) shown.again()
    else askFor(query)
  }
  const traces = shown.traces ?? NONE
  return (
    <div className="traces-page">
      <title>Traces · Spanloom</title>
      <header className="traces-head">
        <div className="toolbar">
          <h1>Traces</h1>
          <TimeRangePicker range={question.range} onChoose={chooseRange} />
          <ServiceFilter
            service={question.service}
            range={question.range}
            seen={servicesIn(traces)}
            onChoose={chooseService}
            inputRef={filter}
          />
          <div className="toolbar__space" />
          <Elsewhere question={question} q={q} tenant={tenant} traces={traces} />
          <CopyButton what="a link to this time" label="Copy link" text={() => linkTo(question, q, tenant)} />
        </div>
        <QueryBar
          ref={bar}
          query={q ?? ''}
          tenant={tenant}
          range={question.range}
          problem={problem}
          onAsk={ask}
          onTrace={traceId => navigate({ to: paths.trace, params: { traceId } })}
        />
      </header>
      <TracesResult
        shown={shown}
        search={search}
        question={question}
        tenant={tenant}
        isRefused={problem !== null}
        onAsk={askFor}
        onRange={chooseRange}
        onAllServices={() => chooseService(undefined)}
      />
    </div>
  )
}

function servicesIn(traces: SchemaTraceItem[]): string[] {
  const names = traces.flatMap(trace => trace.services.map(service => service.name))
  return [...new Set(names)].filter(name => typeof name === 'string')
}

/** A link that shows the same tomorrow: what "now" is today is written down. */
function linkTo(
  { range, service }: TracesQuestion,
  q: string | undefined,
  tenant: string | undefined,
): string {
  const search = { q, ...searchOf(fixed(range, epochMilliseconds(Date.now()))), service, tenant }
  return `${globalThis.location.origin}${paths.traces}${stringifySearch(search)}`
}
