// What tables sort by: the columns and the order, without their looks.

import type { SchemaEdgeItem, SchemaNodeItem } from '../api/schema.d.ts'
import { byCodeUnits } from '../graph/layout/mesh.ts'
import { nodeName } from '../graph/signal-text.ts'
import { retriesOf } from './disagreement.ts'
import { HEALTHS } from './words.ts'

export interface Column<Row> {
  /** As it stands in the URL. */
  id: string
  title: string
  /** Whether it is set to the right. */
  isNumber: boolean
  /** Whether the first press begins with the largest. */
  isLargestFirst: boolean
  /** Null: not known, which is always last. */
  value: (row: Row) => number | string | null
}

/** A column of words. */
export const text = <Row>(id: string, title: string, value: Column<Row>['value']): Column<Row> => ({
  id,
  title,
  isNumber: false,
  isLargestFirst: false,
  value,
})
/** A column of numbers. */
export const number = <Row>(id: string, title: string, value: (row: Row) => number | null): Column<Row> => ({
  id,
  title,
  isNumber: true,
  isLargestFirst: true,
  value,
})

/** A node with the number of its edges. */
export interface NodeRow {
  node: SchemaNodeItem
  incoming: number
  outgoing: number
}

export const NODE_COLUMNS = [
  text<NodeRow>('name', 'Node', ({ node }) => nodeName(node)),
  text<NodeRow>('namespace', 'Namespace', ({ node }) => node.namespace),
  text<NodeRow>('kind', 'Kind', ({ node }) => node.kind),
  { ...number<NodeRow>('health', 'Health', ({ node }) => -HEALTHS.indexOf(node.health)), isNumber: false },
  number<NodeRow>('requests', 'Requests', ({ node }) => node.requests),
  number<NodeRow>('rate', 'Rate', ({ node }) => node.rate),
  number<NodeRow>('errors', 'Errors', ({ node }) => node.errors),
  number<NodeRow>('share', 'Error share', ({ node }) => node.error_rate),
  number<NodeRow>('p50', 'p50', ({ node }) => node.p50_ms),
  number<NodeRow>('p95', 'p95', ({ node }) => node.p95_ms),
  number<NodeRow>('p99', 'p99', ({ node }) => node.p99_ms),
  number<NodeRow>('in', 'In', ({ incoming }) => incoming),
  number<NodeRow>('out', 'Out', ({ outgoing }) => outgoing),
]

export const EDGE_COLUMNS = [
  text<SchemaEdgeItem>('source', 'Source', edge => edge.source),
  text<SchemaEdgeItem>('target', 'Target', edge => edge.target),
  text<SchemaEdgeItem>('protocol', 'Protocol', edge => edge.protocol),
  { ...number<SchemaEdgeItem>('health', 'Health', edge => -HEALTHS.indexOf(edge.health)), isNumber: false },
  number<SchemaEdgeItem>('requests', 'Requests', edge => edge.requests),
  number<SchemaEdgeItem>('rate', 'Rate', edge => edge.rate),
  number<SchemaEdgeItem>('errors', 'Errors', edge => edge.errors),
  number<SchemaEdgeItem>('share', 'Error share', edge => edge.error_rate),
  number<SchemaEdgeItem>('retries', 'Retries', retriesOf),
  number<SchemaEdgeItem>('p50', 'p50', edge => edge.p50_ms),
  number<SchemaEdgeItem>('p95', 'p95', edge => edge.p95_ms),
  number<SchemaEdgeItem>('p99', 'p99', edge => edge.p99_ms),
  number<SchemaEdgeItem>('mtls', 'mTLS', edge => edge.mtls),
  text<SchemaEdgeItem>('observer', 'Observer', edge => edge.observer),
]

export interface Order {
  column: string
  isDescending: boolean
}

/** `rate` and `-rate` as they stand in the URL; the default where it names no column. */
export function orderOf<Row>(
  sort: string | undefined,
  columns: readonly Column<Row>[],
  byDefault: Order,
): Order {
  const column = sort?.replace(/^-/, '')
  if (column === undefined || !columns.some(({ id }) => id === column)) return byDefault
  return { column, isDescending: sort?.startsWith('-') ?? false }
}

export function sortSearch({ column, isDescending }: Order): string {
  return isDescending ? `-${column}` : column
}

/** The order after a press on a column's head: numbers begin with the largest, names with the first. */
export function pressed<Row>(order: Order, column: Column<Row>): Order {
  if (order.column === column.id) return { ...order, isDescending: !order.isDescending }
  return { column: column.id, isDescending: column.isLargestFirst }
}

export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { column, isDescending }: Order,
  idOf: (row: Row) => string,
): Row[] {
  const value = columns.find(({ id }) => id === column)?.value
  if (value === undefined) return [...rows]
  return rows.toSorted((a, b) => {
    const [first, second] = [value(a), value(b)]
    // Of equal ones the order is everybody's, so that a live table does not shuffle.
    const tie = byCodeUnits(idOf(a), idOf(b))
    if (first === second) return tie
    if (first === null || second === null) return first === null ? 1 : -1
    const order =
      typeof first === 'number' && typeof second === 'number'
        ? first - second
        : byCodeUnits(String(first), String(second))
    return (isDescending ? -order : order) || tie
  })
}
