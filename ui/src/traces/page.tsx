// Traces: the newest of a time range, kept up while they come, or those that a query finds.

import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useRef } from 'react'
import type { TracesQuestion } from '../api/queries.ts'
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
import { exportOfMetrics, exportOfPaths, exportOfTraces } from './export.ts'
import { MetricsResult } from './metrics/result.tsx'
import { problemOf } from './problem.ts'
import { questionOf, type TracesSearch } from './question.ts'
import { TracesResult } from './result.tsx'
import { ServiceFilter } from './service-filter.tsx'
import { useAnswers } from './use-answers.ts'
import './traces.css'

const route = getRouteApi(paths.traces)
const NO_RANGE = { range: undefined, start: undefined, end: undefined }
const NONE: SchemaTraceItem[] = []

/** Most people look at the list. */
const PathsView = lazy(async () => ({ default: (await import('./paths/view.tsx')).PathsView }))

type View = TracesSearch['view']
const VIEWS: readonly { name: View; words: string; title: string }[] = [
  { name: undefined, words: 'Traces', title: 'Each trace that is found' },
  { name: 'paths', words: 'Analysis', title: 'What all of them waited for: their critical paths, added up' },
]

export function TracesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tenant = useTenant()
  const question = questionOf(search)
  const { q } = search
  const { asks, shape, shown, measured, waited, ...answer } = useAnswers(search, question, tenant)
  const filter = useRef<HTMLInputElement>(null)
  const bar = useRef<BarHandle>(null)
  const problem = problemOf(q, answer.error)
  const keep = useKeptQueries(q, answer.isUnderstood)
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
          series: undefined,
        }),
      }),
    [navigate],
  )
  const ask = (query: string) => {
    keep(query)
    if (query === (q ?? '')) answer.again()
    else askFor(query)
  }
  const traces = shown.traces ?? NONE
  const services = useMemo(() => servicesIn(traces), [traces])
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
            seen={services}
            onChoose={chooseService}
            inputRef={filter}
          />
          <div className="toolbar__space" />
          {shape === null ? (
            <ViewChoice
              view={search.view}
              onChoose={view => navigate({ search: before => ({ ...before, view }) })}
            />
          ) : null}
          <Elsewhere
            q={q}
            {...(shape !== null && q !== undefined
              ? exportOfMetrics(question.range, q, shape, tenant, measured.data)
              : asks === 'paths'
                ? exportOfPaths(question, q, tenant, waited.data)
                : exportOfTraces(question, q, tenant, traces))}
          />
          <CopyButton what="a link to this time" label="Copy link" text={() => linkTo(question, q, tenant)} />
        </div>
        <QueryBar
          ref={bar}
          query={q ?? ''}
          tenant={tenant}
          range={question.range}
          services={services}
          problem={problem}
          onAsk={ask}
          onTrace={traceId => navigate({ to: paths.trace, params: { traceId } })}
        />
      </header>
      {asks === 'paths' ? (
        <Suspense>
          <PathsView answer={waited} q={q} isRefused={problem !== null} onAsk={askFor} />
        </Suspense>
      ) : shape === null || q === undefined ? (
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
      ) : (
        <MetricsResult
          measured={measured}
          shape={shape}
          q={q}
          search={search}
          question={question}
          isRefused={problem !== null}
          onAsk={askFor}
          onRange={chooseRange}
          onChange={fields => navigate({ search: before => ({ ...before, ...fields }), replace: true })}
        />
      )}
    </div>
  )
}

function ViewChoice({ view, onChoose }: { view: View; onChoose: (view: View) => void }) {
  return (
    <fieldset className="switcher">
      <legend className="visually-hidden">View</legend>
      {VIEWS.map(({ name, words, title }) => (
        <button
          key={words}
          type="button"
          className="button"
          aria-pressed={name === view}
          title={title}
          onClick={() => onChoose(name)}
        >
          {words}
        </button>
      ))}
    </fieldset>
  )
}

function servicesIn(traces: readonly SchemaTraceItem[]): string[] {
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
