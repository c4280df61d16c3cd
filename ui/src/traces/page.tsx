// The newest traces of a time range, kept up while they come.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useRef } from 'react'
import { curlOf } from '../api/curl.ts'
import { type TracesQuestion, tracesQuery } from '../api/queries.ts'
import { refreshOf } from '../api/refresh.ts'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import { apiRange, fixed, searchOf, type TimeRange } from '../api/time-range.ts'
import { FailureView } from '../app/failure-view.tsx'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { stringifySearch } from '../app/search.ts'
import { useTenant } from '../app/tenant.ts'
import { TimeRangePicker } from '../app/time-range-picker.tsx'
import { Banner } from '../ui/banner.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { counted, formatCount } from '../ui/format.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { NoTraces } from './empty.tsx'
import { useHeld } from './held.ts'
import { LIMIT, limitAbove, questionOf } from './question.ts'
import { ServiceFilter } from './service-filter.tsx'
import { TracesSkeleton } from './skeleton.tsx'
import { TracesTable } from './table.tsx'
import './traces.css'

const route = getRouteApi(paths.traces)
const NO_RANGE = { range: undefined, start: undefined, end: undefined }

export function TracesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tenant = useTenant()
  const question = questionOf(search)
  const refresh = refreshOf(question.range, search.live)
  const query = useQuery(tracesQuery(tenant, question, refresh))
  const filter = useRef<HTMLInputElement>(null)
  useHotkeys({ filter: () => filter.current?.focus() })

  const chooseRange = (range: TimeRange) =>
    navigate({ search: before => ({ ...before, ...NO_RANGE, ...searchOf(range) }) })
  const chooseService = (service: string | undefined) =>
    navigate({ search: before => ({ ...before, service }) })
  const showMore = (limit: number) =>
    navigate({ search: before => ({ ...before, limit: limit === LIMIT ? undefined : limit }), replace: true })

  const traces = query.data ?? []
  return (
    <div className="traces-page">
      <title>Traces · Spanloom</title>
      <header className="toolbar">
        <h1>Newest traces</h1>
        <ServiceFilter
          service={question.service}
          range={question.range}
          seen={servicesIn(traces)}
          onChoose={chooseService}
          inputRef={filter}
        />
        <TimeRangePicker range={question.range} onChoose={chooseRange} />
        <div className="toolbar__space" />
        <CopyButton
          what="a command that asks for the same"
          label="Copy as curl"
          text={() => command(question, tenant)}
        />
        <CopyButton what="a link to this time" label="Copy link" text={() => linkTo(question, tenant)} />
      </header>
      {query.error !== null && query.data !== undefined ? (
        <Banner state="bad">
          The list could not be renewed: {query.error.message}
          <button type="button" className="button" onClick={() => query.refetch()}>
            Try again
          </button>
        </Banner>
      ) : null}
      {query.data === undefined && query.error !== null ? (
        <FailureView error={query.error} onRetry={() => query.refetch()} />
      ) : query.isPending ? (
        <TracesSkeleton />
      ) : traces.length === 0 ? (
        <NoTraces
          question={question}
          tenant={tenant}
          isLive={refresh === 'live'}
          onRange={chooseRange}
          onAllServices={() => chooseService(undefined)}
        />
      ) : (
        <TracesList
          traces={traces}
          question={question}
          isOld={query.isPlaceholderData || query.error !== null}
          isStandIn={query.isPlaceholderData}
          onMore={showMore}
        />
      )}
    </div>
  )
}

interface ListProps {
  traces: SchemaTraceItem[]
  question: TracesQuestion
  isOld: boolean
  /** Whether these are still the answer to another question. */
  isStandIn: boolean
  onMore: (limit: number) => void
}

function TracesList({ traces, question, isOld, isStandIn, onMore }: ListProps) {
  const { shown, waiting, hold, release, showAll } = useHeld(JSON.stringify(question), traces, isStandIn)
  const list = useRef<HTMLDivElement>(null)
  useHotkeys({ nextTrace: () => focusRow(list.current, 1), previousTrace: () => focusRow(list.current, -1) })
  return (
    <>
      <p className="traces-count muted">
        {shown.length < question.limit
          ? counted(shown.length, 'trace')
          : `The newest ${formatCount(shown.length)} traces`}
        {waiting === 0 ? null : (
          <span className="traces-count__waiting">
            {counted(waiting, 'new trace')} {waiting === 1 ? 'waits' : 'wait'} while you are in the list
            <button type="button" className="button" onClick={showAll}>
              Show
            </button>
          </span>
        )}
      </p>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it does nothing, it only holds still */}
      <div
        ref={list}
        onPointerEnter={event => event.pointerType !== 'touch' && hold('pointer')}
        onPointerLeave={() => release('pointer')}
        onFocus={() => hold('focus')}
        onBlur={() => release('focus')}
      >
        <TracesTable traces={shown} isOld={isOld} />
      </div>
      {shown.length < question.limit ? null : <More limit={question.limit} onMore={onMore} />}
    </>
  )
}

/** The list is a part of what there is, and says so. */
function More({ limit, onMore }: { limit: number; onMore: (limit: number) => void }) {
  const next = limitAbove(limit)
  return (
    <Banner state="plain">
      There may be older traces in this time.
      {next === undefined ? (
        ' No more are shown at a time: choose a service or a shorter time.'
      ) : (
        <button type="button" className="button" onClick={() => onMore(next)}>
          Show up to {formatCount(next)}
        </button>
      )}
    </Banner>
  )
}

/** Moves the focus over the rows' links; from outside, to the first. */
function focusRow(list: HTMLElement | null, direction: 1 | -1) {
  const links = [...(list?.querySelectorAll<HTMLElement>('a[data-trace]') ?? [])]
  const active = document.activeElement
  const at = active instanceof HTMLElement ? links.indexOf(active) : -1
  links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + direction))]?.focus()
}

function servicesIn(traces: SchemaTraceItem[]): string[] {
  const names = traces.flatMap(trace => trace.services.map(service => service.name))
  return [...new Set(names)].filter(name => typeof name === 'string')
}

function command(question: TracesQuestion, tenant: string | undefined): string {
  const { range, service, limit } = question
  return curlOf({ path: '/api/v1/traces', params: { ...apiRange(range), service, limit }, tenant })
}

/** A link that shows the same tomorrow: what "now" is today is written down. */
function linkTo({ range, service }: TracesQuestion, tenant: string | undefined): string {
  const search = { ...searchOf(fixed(range, epochMilliseconds(Date.now()))), service, tenant }
  return `${globalThis.location.origin}${paths.traces}${stringifySearch(search)}`
}
