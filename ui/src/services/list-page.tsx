// All services with calls in a time: how they are, sortable and to be found by name.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useLocation } from '@tanstack/react-router'
import { useRef } from 'react'
import { curlOf } from '../api/curl.ts'
import { serviceListQuery } from '../api/queries-services.ts'
import { refreshOf } from '../api/refresh.ts'
import type { SchemaNodeItem } from '../api/schema.d.ts'
import { apiRange, type TimeRange } from '../api/time-range.ts'
import { FailureView } from '../app/failure-view.tsx'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { linkTo, useTimeKeys } from '../app/time-keys.ts'
import { TimeRangePicker } from '../app/time-range-picker.tsx'
import { Banner } from '../ui/banner.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { epochMilliseconds } from '../ui/units.ts'
import { FilteredAway, NoServices } from './empty.tsx'
import { FindField, NamespaceChoice } from './filters.tsx'
import { filtered, namespacesIn, serviceCounts } from './list.ts'
import { ServiceTable } from './list-table.tsx'
import { listRangeOf, rangeSearch } from './question.ts'
import { focusRow } from './rows.ts'
import { LIST_RANGE, type ServicesSearch } from './search.ts'
import './services.css'
import { TableSkeleton } from './skeleton.tsx'

const route = getRouteApi(paths.services)

export function ServicesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tenant = useTenant()
  const location = useLocation()
  const range = listRangeOf(search)
  const refresh = refreshOf(range, search.live)
  const query = useQuery(serviceListQuery(tenant, range, refresh))
  const field = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const go = (changes: Partial<ServicesSearch>, replace = false) =>
    void navigate({ search: before => ({ ...before, ...changes }), replace, resetScroll: false })
  const onRange = (range: TimeRange) => go(rangeSearch(range, LIST_RANGE))
  useTimeKeys(range, onRange)
  useHotkeys({
    findService: () => field.current?.focus(),
    nextRow: () => focusRow(list.current, 1),
    previousRow: () => focusRow(list.current, -1),
  })
  const services = query.data ?? []
  return (
    <div className="services-page">
      <title>Services · Spanloom</title>
      <header className="toolbar">
        <h1>Services</h1>
        <FindField
          find={search.find}
          inputRef={field}
          onFind={find => go({ find: find.trim() || undefined }, true)}
          onDone={() => focusRow(list.current, 1)}
        />
        <NamespaceChoice
          namespace={search.namespace}
          namespaces={namespacesIn(services)}
          onChoose={namespace => go({ namespace })}
        />
        <TimeRangePicker range={range} onChoose={onRange} />
        <div className="toolbar__space" />
        <CopyButton
          what="a command that asks for the same"
          label="Copy as curl"
          text={() => curlOf({ path: '/api/v1/services', params: apiRange(range), tenant })}
        />
        <CopyButton
          what="a link to this time"
          label="Copy link"
          text={() => linkTo(location, range, epochMilliseconds(Date.now()))}
        />
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
      ) : query.data === undefined ? (
        <TableSkeleton rows={12} />
      ) : services.length === 0 ? (
        <NoServices range={range} tenant={tenant} isLive={refresh === 'live'} onRange={onRange} />
      ) : (
        <div ref={list}>
          <Loaded
            services={services}
            search={search}
            isOld={query.isPlaceholderData || query.error !== null}
            onSort={sort => go({ sort }, true)}
            onClear={() => go({ find: undefined, namespace: undefined })}
          />
        </div>
      )}
    </div>
  )
}

interface LoadedProps {
  services: readonly SchemaNodeItem[]
  search: ServicesSearch
  isOld: boolean
  onSort: (sort: string) => void
  onClear: () => void
}

function Loaded({ services, search, isOld, onSort, onClear }: LoadedProps) {
  const shown = filtered(services, search)
  return (
    <>
      <p className="services-count muted" role="status">
        {serviceCounts(shown, services.length)}
      </p>
      {shown.length === 0 ? (
        <FilteredAway search={search} count={services.length} onClear={onClear} />
      ) : (
        <ServiceTable services={shown} search={search} isOld={isOld} onSort={onSort} />
      )}
    </>
  )
}
