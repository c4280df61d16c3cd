import { Link } from '@tanstack/react-router'
import type { SchemaNodeItem } from '../api/schema.d.ts'
import { paths, serviceParams } from '../app/paths.ts'
import { amountText, latencyText, nodeName } from '../graph/signal-text.ts'
import { type Order, orderOf, sortSearch } from '../topology/columns.ts'
import { Marked } from '../topology/numbers.tsx'
import { SortedTable } from '../topology/table.tsx'
import { HEALTH_MARK } from '../topology/words.ts'
import { ErrorShare, Rate } from './cells.tsx'
import { SERVICE_COLUMNS } from './columns.ts'
import type { ServicesSearch } from './search.ts'

const WORST_FIRST: Order = { column: 'health', isDescending: true }

interface Props {
  services: readonly SchemaNodeItem[]
  search: ServicesSearch
  isOld: boolean
  onSort: (sort: string) => void
}

export function ServiceTable({ services, search, isOld, onSort }: Props) {
  return (
    <div className="services-table" data-old={isOld} aria-busy={isOld}>
      <SortedTable
        caption="Services"
        columns={SERVICE_COLUMNS}
        rows={services}
        order={orderOf(search.sort, SERVICE_COLUMNS, WORST_FIRST)}
        idOf={idOf}
        cellOf={(service, column) => cellOf(service, column, search)}
        isSelected={nobody}
        onOrder={order => onSort(sortSearch(order))}
      />
    </div>
  )
}

const idOf = ({ id }: SchemaNodeItem) => id
const nobody = () => false

/** A time that somebody chose goes along. */
function cellOf(service: SchemaNodeItem, column: string, { range, start, end }: ServicesSearch) {
  switch (column) {
    case 'name':
      return (
        <Link
          to={paths.service}
          params={serviceParams(service)}
          search={{ range, start, end }}
          className="row-link"
          data-row={service.id}
        >
          {nodeName(service)}
          {service.kind === 'gateway' ? <span className="muted"> gateway</span> : null}
        </Link>
      )
    case 'namespace':
      return service.namespace ?? <span className="muted">–</span>
    case 'health':
      return <Marked state={HEALTH_MARK[service.health]}>{service.health}</Marked>
    case 'rate':
      return <Rate rate={service.rate} />
    case 'share':
      return <ErrorShare share={service.error_rate} />
    case 'p50':
      return latencyText(service.p50_ms)
    case 'p95':
      return latencyText(service.p95_ms)
    case 'p99':
      return latencyText(service.p99_ms)
    case 'requests':
      return amountText(service.requests)
    default:
      return null
  }
}
