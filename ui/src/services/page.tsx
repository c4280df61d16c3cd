// One service: how it is, its golden signals, who calls it and whom it calls, and what it does.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { idOf, surroundingsQuery } from '../api/queries-services.ts'
import { refreshOf } from '../api/refresh.ts'
import type { TimeRange } from '../api/time-range.ts'
import { FailureView } from '../app/failure-view.tsx'
import { useHotkeys } from '../app/hotkeys.ts'
import { zoomed } from '../app/move-time.ts'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { useTimeKeys } from '../app/time-keys.ts'
import { Banner } from '../ui/banner.tsx'
import { epochMilliseconds } from '../ui/units.ts'
import { CallsTab } from './calls-tab.tsx'
import { NoService } from './empty.tsx'
import { Facts, Numbers } from './facts.tsx'
import { Head } from './head.tsx'
import { OperationsTab } from './operations-tab.tsx'
import { questionOf, rangeSearch, zoomedIn } from './question.ts'
import { type ServiceSearch, TABS, type Tab } from './search.ts'
import './service.css'
import './services.css'
import { SignalsTab } from './signals-tab.tsx'
import { ChartsSkeleton } from './skeleton.tsx'
import { TabLinks } from './tab-links.tsx'
import { useSignals } from './use-signals.ts'

const route = getRouteApi(paths.service)

export function ServicePage() {
  const service = route.useParams()
  const search = route.useSearch()
  const tenant = useTenant()
  const { namespace, name } = service
  const { range: rangeName, start, end } = search
  const question = useMemo(
    () => questionOf({ namespace, name }, { range: rangeName, start, end }),
    [namespace, name, rangeName, start, end],
  )
  const { range } = question
  const refresh = refreshOf(range, search.live)
  const { query, earlier } = useSignals(tenant, question, refresh, search.cmp === 'prev')
  const surroundings = useQuery(surroundingsQuery(tenant, service, range, refresh)).data
  const graph = surroundings?.data ?? null
  const id = idOf(service)
  const node = graph?.nodes.find(node => node.id === id) ?? null
  const tab = search.tab ?? 'signals'
  const actions = useActions(search, range)
  useTimeKeys(range, actions.chooseRange)
  useHotkeys({
    tab: key => actions.show(TABS[Number(key) - 1] ?? 'signals'),
    compare: actions.compare,
  })
  const found = query.data
  const isOld = query.isPlaceholderData || query.error !== null
  const common = { tenant, question, refresh, search, actions }
  return (
    <div className="service-page">
      <title>{`${id} · Spanloom`}</title>
      <Head
        service={service}
        node={node}
        signals={found?.data ?? null}
        search={search}
        question={question}
        actions={actions}
      />
      {query.error !== null && found !== undefined ? (
        <Banner state="bad">
          The signals could not be renewed: {query.error.message}
          <button type="button" className="button" onClick={() => query.refetch()}>
            Try again
          </button>
        </Banner>
      ) : null}
      {found === undefined && query.error !== null ? (
        <FailureView error={query.error} onRetry={() => query.refetch()} />
      ) : found?.data === null ? (
        <NoService id={id} why={found.why} range={range} onRange={actions.chooseRange} />
      ) : (
        <>
          <div className="service-page__about">
            <Numbers node={node} signals={found?.data ?? null} />
            <Facts node={node} />
          </div>
          {earlier?.isAbsent ? (
            <Banner state="plain">
              It had no calls in the period before, so there is nothing to compare with.
            </Banner>
          ) : null}
          <TabLinks tab={tab} signals={found?.data ?? null} graph={graph} id={id} />
          <div data-old={isOld} aria-busy={isOld} className="service-page__body">
            {found === undefined ? (
              <ChartsSkeleton />
            ) : tab === 'calls' ? (
              <CallsTab {...common} id={id} />
            ) : tab === 'operations' ? (
              <OperationsTab {...common} node={node} signals={found.data} />
            ) : (
              <SignalsTab {...common} node={node} graph={graph} signals={found.data} earlier={earlier} />
            )}
          </div>
        </>
      )}
    </div>
  )
}

export type Actions = ReturnType<typeof useActions>

/** What people change is the URL. */
function useActions(search: ServiceSearch, range: TimeRange) {
  const navigate = route.useNavigate()
  const go = (changes: Partial<ServiceSearch>, replace = false) =>
    void navigate({ search: before => ({ ...before, ...changes }), replace, resetScroll: false })
  const chooseRange = (range: TimeRange) => go(rangeSearch(range))
  return {
    chooseRange,
    show: (tab: Tab) => go({ tab: tab === 'signals' ? undefined : tab, sort: undefined }),
    sort: (sort: string) => go({ sort }, true),
    compare: () => go({ cmp: search.cmp === 'prev' ? undefined : 'prev' }),
    zoomIn: (start: number, end: number) => chooseRange(zoomedIn(start, end)),
    zoomOut: () => chooseRange(zoomed(range, 'wider', epochMilliseconds(Date.now()))),
  }
}
