import { Link, useLocation } from '@tanstack/react-router'
import { ArrowLeftRight, Network, ZoomOut } from 'lucide-react'
import { curlOf } from '../api/curl.ts'
import { idOf, pathOf, type ServiceKey, type SignalsQuestion } from '../api/queries-services.ts'
import type { SchemaNodeItem, SchemaSignals } from '../api/schema.d.ts'
import { apiRange, searchOf } from '../api/time-range.ts'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { linkTo } from '../app/time-keys.ts'
import { TimeRangePicker } from '../app/time-range-picker.tsx'
import { Marked } from '../topology/numbers.tsx'
import { HEALTH_MARK } from '../topology/words.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { epochMilliseconds } from '../ui/units.ts'
import type { Actions } from './page.tsx'
import { TroubleMark } from './saturation/trouble-mark.tsx'
import type { ServiceSearch } from './search.ts'

interface Props {
  service: ServiceKey
  node: SchemaNodeItem | null
  signals: SchemaSignals | null
  search: ServiceSearch
  question: SignalsQuestion
  actions: Actions
}

export function Head({ service, node, signals, search, question, actions }: Props) {
  const tenant = useTenant()
  const location = useLocation()
  const { range, step } = question
  const isCompared = search.cmp === 'prev'
  const id = idOf(service)
  return (
    <header className="toolbar">
      <nav aria-label="Breadcrumb" className="crumbs">
        <Link to={paths.services}>Services</Link>
        {service.namespace === '_' ? null : (
          <Link to={paths.services} search={{ namespace: service.namespace }}>
            {service.namespace}
          </Link>
        )}
      </nav>
      <h1>{service.name === '_' ? 'unnamed' : service.name}</h1>
      {node === null ? null : <Marked state={HEALTH_MARK[node.health]}>{node.health}</Marked>}
      <TroubleMark signals={signals} />
      <div className="toolbar__space" />
      <TimeRangePicker range={range} onChoose={actions.chooseRange} />
      <button
        type="button"
        className="button button--icon"
        onClick={actions.zoomOut}
        aria-label="Look at a longer time"
        title="Look at a longer time (t -, or a double click in a chart)"
      >
        <ZoomOut size={14} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="button service-page__compare"
        aria-pressed={isCompared}
        onClick={actions.compare}
        title="Compare with the period before, dashed (p)"
      >
        <ArrowLeftRight size={14} aria-hidden="true" />
        Compare
      </button>
      <Link
        to={paths.topology}
        search={{ focus: id, node: id, ...searchOf(range, '5m') }}
        className="button"
        title="Show what is around it in the topology"
      >
        <Network size={14} aria-hidden="true" />
        Topology
      </Link>
      <CopyButton
        what="a command that asks for the same"
        label="Copy as curl"
        text={() =>
          curlOf({
            path: `${pathOf(service)}/signals`,
            params: { ...apiRange(range), step: `${step}s` },
            tenant,
          })
        }
      />
      <CopyButton
        what="a link to this time"
        label="Copy link"
        text={() => linkTo(location, range, epochMilliseconds(Date.now()))}
      />
    </header>
  )
}
