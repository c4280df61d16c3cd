// Where the service stands: real links, drawn lines between them.

import { Link } from '@tanstack/react-router'
import type { SchemaGraph } from '../api/schema.d.ts'
import { searchOf, type TimeRange } from '../api/time-range.ts'
import { paths } from '../app/paths.ts'
import { nodeName, rateText } from '../graph/signal-text.ts'
import { HEALTH_MARK } from '../topology/words.ts'
import { Mark } from '../ui/mark.tsx'
import { type MapPeer, type MapSide, rowsOf, sideOf } from './map.ts'
import { pageOf } from './peers.ts'

const ROW = 24
const LINES_WIDTH = 44

interface Props {
  graph: SchemaGraph | null
  id: string
  range: TimeRange
}

export function SmallMap({ graph, id, range }: Props) {
  const node = graph?.nodes.find(node => node.id === id)
  if (graph === null || node === undefined) return null
  const [callers, called] = [sideOf(graph, id, 'source'), sideOf(graph, id, 'target')]
  const rows = Math.max(1, ...[callers, called].map(({ shown, more }) => shown.length + (more > 0 ? 1 : 0)))
  return (
    <section className="around" aria-labelledby="small-map">
      <h2 id="small-map">Around it</h2>
      <div className="small-map" style={{ height: rows * ROW }}>
        <Side side={callers} rows={rows} label="Called by" range={range} />
        <Lines side={callers} rows={rows} isInbound />
        <span className="small-map__self">
          <Mark state={HEALTH_MARK[node.health]} />
          <span className="small-map__name">{nodeName(node)}</span>
        </span>
        <Lines side={called} rows={rows} isInbound={false} />
        <Side side={called} rows={rows} label="Calls" range={range} />
      </div>
      <Link to={paths.topology} search={{ focus: id, node: id, ...searchOf(range, '5m') }}>
        Show in the topology
      </Link>
    </section>
  )
}

interface SideProps {
  side: MapSide
  rows: number
  label: string
  range: TimeRange
}

function Side({ side: { shown, more }, rows, label, range }: SideProps) {
  const count = shown.length + (more > 0 ? 1 : 0)
  const [top = 0] = rowsOf(count, rows, ROW)
  return (
    <ul className="small-map__side" aria-label={label} style={{ paddingTop: Math.max(0, top - ROW / 2) }}>
      {shown.map(({ node, rate }) => (
        <li key={node.id} style={{ height: ROW }}>
          <Mark state={HEALTH_MARK[node.health]} />
          <Link
            to={paths.service}
            params={pageOf(node)}
            search={searchOf(range)}
            className="small-map__name"
            title={`${node.id}, ${node.health}, ${rateText(rate)}`}
          >
            {shortName(nodeName(node))}
          </Link>
        </li>
      ))}
      {more === 0 ? null : (
        <li className="muted" style={{ height: ROW }}>
          and {more} more
        </li>
      )}
      {count === 0 ? (
        <li className="muted" style={{ height: ROW }}>
          nobody
        </li>
      ) : null}
    </ul>
  )
}

/** Of `postgresql/orders` the end tells more. */
function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

interface LinesProps {
  side: MapSide
  rows: number
  isInbound: boolean
}

function Lines({ side, rows, isInbound }: LinesProps) {
  const count = side.shown.length + (side.more > 0 ? 1 : 0)
  const heights = rowsOf(count, rows, ROW)
  const middle = (rows * ROW) / 2
  return (
    <svg
      className="small-map__lines"
      viewBox={`0 0 ${LINES_WIDTH} ${rows * ROW}`}
      width={LINES_WIDTH}
      height={rows * ROW}
      aria-hidden="true"
    >
      {side.shown.map((peer, row) => (
        <Line
          key={peer.node.id}
          peer={peer}
          from={heights[row] ?? middle}
          to={middle}
          isInbound={isInbound}
        />
      ))}
    </svg>
  )
}

interface LineProps {
  peer: MapPeer
  from: number
  to: number
  isInbound: boolean
}

function Line({ peer, from, to, isInbound }: LineProps) {
  const [left, right] = isInbound ? [from, to] : [to, from]
  const half = LINES_WIDTH / 2
  return (
    <path
      className="small-map__line"
      data-tone={peer.tone}
      d={`M0 ${left}C${half} ${left} ${half} ${right} ${LINES_WIDTH} ${right}`}
      strokeWidth={peer.width}
    />
  )
}
