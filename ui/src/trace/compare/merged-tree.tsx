// Both traces as one tree of operations, a row each, with both sides' times.

import { ChevronDown, ChevronRight } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { SchemaComparedNode, SchemaTraceComparison, SchemaWork } from '../../api/schema.d.ts'
import { counted, formatCount } from '../../ui/format.ts'
import { ErrorWord } from '../../ui/mark.tsx'
import type { ServiceName } from '../../ui/service-colour.ts'
import { Operation } from '../operation.tsx'
import { Columns, Row } from './contributions.tsx'
import {
  closedAtFirst,
  largestDifference,
  MEASURES,
  type Measure,
  parentsIn,
  sidesOf,
  visibleRows,
} from './merged.ts'

/** More are drawn for who asks: a row costs the browser more than a number. */
const ROWS_MAX = 200
const INDENT = 14

interface Props {
  comparison: SchemaTraceComparison
  colours: ReadonlyMap<ServiceName, string>
}

export function MergedTree({ comparison, colours }: Props) {
  const { nodes, node_count, only_left_count, only_right_count } = comparison
  const [measure, setMeasure] = useState<Measure>('critical_ns')
  const [closed, setClosed] = useState(() => closedAtFirst(nodes))
  const [count, setCount] = useState(ROWS_MAX)
  const rows = useMemo(() => visibleRows(nodes, closed), [nodes, closed])
  const parents = useMemo(() => parentsIn(nodes), [nodes])
  const most = useMemo(() => largestDifference(nodes, measure), [nodes, measure])
  const toggle = (place: number) => {
    const next = new Set(closed)
    if (!next.delete(place)) next.add(place)
    setClosed(next)
  }
  return (
    <section aria-label="Both as one tree">
      <div className="comparison__choice">
        <h2>Both as one tree</h2>
        <MeasureChoice measure={measure} onChoose={setMeasure} />
        <span className="muted">
          {counted(node_count, 'row')}: {formatCount(only_left_count)} of this trace only,{' '}
          {formatCount(only_right_count)} of the other only
          {node_count > nodes.length ? `; the ${formatCount(nodes.length)} with most time are shown` : ''}
        </span>
      </div>
      <table className="comparison__table" aria-label="Both traces">
        <Columns first="Operation" />
        <tbody>
          {rows.slice(0, count).map(place => {
            const node = nodes[place]
            if (node === undefined) return null
            const { left, right, difference } = sidesOf(node, measure)
            return (
              <Row
                key={place}
                left={node.left === null ? null : left}
                right={node.right === null ? null : right}
                difference={difference}
                most={most}
              >
                <Name
                  node={node}
                  isOpen={parents.has(place) ? !closed.has(place) : null}
                  colours={colours}
                  onToggle={() => toggle(place)}
                />
              </Row>
            )
          })}
        </tbody>
      </table>
      {rows.length <= count ? null : (
        <button type="button" className="link-button" onClick={() => setCount(count * 2)}>
          Show {formatCount(Math.min(count, rows.length - count))} more rows
        </button>
      )}
    </section>
  )
}

function MeasureChoice({ measure, onChoose }: { measure: Measure; onChoose: (measure: Measure) => void }) {
  return (
    <fieldset className="switcher">
      <legend className="visually-hidden">Which time is compared</legend>
      {(Object.keys(MEASURES) as Measure[]).map(name => (
        <button
          key={name}
          type="button"
          className="button"
          aria-pressed={name === measure}
          onClick={() => onChoose(name)}
        >
          {MEASURES[name]}
        </button>
      ))}
    </fieldset>
  )
}

interface NameProps {
  node: SchemaComparedNode
  /** Null: nothing is below it. */
  isOpen: boolean | null
  colours: ReadonlyMap<ServiceName, string>
  onToggle: () => void
}

function Name({ node, isOpen, colours, onToggle }: NameProps) {
  const { operation, depth, left, right, cut_count } = node
  const Icon = isOpen ? ChevronDown : ChevronRight
  return (
    <span className="comparison__name" style={{ paddingLeft: depth * INDENT }}>
      {isOpen === null ? (
        <span className="comparison__leaf" />
      ) : (
        <button
          type="button"
          className="comparison__toggle"
          aria-expanded={isOpen}
          aria-label={`What ${operation.service ?? 'unnamed'} ${operation.name} calls`}
          onClick={onToggle}
        >
          <Icon size={13} aria-hidden="true" />
        </button>
      )}
      <Operation operation={operation} colours={colours} />
      <Counts left={left} right={right} />
      {cut_count === 0 ? null : <span className="muted"> {counted(cut_count, 'row')} below left out</span>}
    </span>
  )
}

/** How often on each side, where that is not once; and which side has none, or failed. */
function Counts({ left, right }: { left: SchemaWork | null; right: SchemaWork | null }) {
  if (left === null || right === null) {
    return <span className="comparison__only">{right === null ? 'this trace only' : 'the other only'}</span>
  }
  const [before, after] = [left.error_count, right.error_count]
  return (
    <>
      {left.span_count === 1 && right.span_count === 1 ? null : (
        <span className="muted mono">
          {' '}
          {formatCount(left.span_count)} : {formatCount(right.span_count)}
        </span>
      )}
      {before === 0 && after === 0 ? null : (
        <ErrorWord>
          {formatCount(before)} : {formatCount(after)}
        </ErrorWord>
      )}
    </>
  )
}
