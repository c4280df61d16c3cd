// Two traces beside each other, from memory.

import type {
  SchemaComparedNode,
  SchemaContribution,
  SchemaOperationRef,
  SchemaTraceComparison,
  SchemaTraceHead,
  SchemaTracesData,
  SchemaWork,
} from '../src/api/schema.d.ts'
import { addedWork, operationOf, type Read, readOf, refOf } from './analysis.ts'

type Side = 'left' | 'right'

interface Node {
  operation: SchemaOperationRef
  work: Record<Side, SchemaWork | null>
  children: Map<string, Node>
}

export function comparisonOf(
  [leftId, left]: [string, SchemaTracesData],
  [rightId, right]: [string, SchemaTracesData],
): SchemaTraceComparison {
  const [a, b] = [readOf(leftId, left), readOf(rightId, right)]
  const roots = new Map<string, Node>()
  merge(a, 'left', roots)
  merge(b, 'right', roots)
  const nodes: SchemaComparedNode[] = []
  list(roots, null, 0, nodes)
  return {
    left: headOf(leftId, a),
    right: headOf(rightId, b),
    difference_ns: a.root.span.duration - b.root.span.duration,
    contributions: contributionsOf(a, b),
    other_contributions: { operation_count: 0, left_critical_ns: 0, right_critical_ns: 0, difference_ns: 0 },
    nodes,
    node_count: nodes.length,
    only_left_count: nodes.filter(node => node.right === null).length,
    only_right_count: nodes.filter(node => node.left === null).length,
  }
}

function headOf(id: string, { trace, tree, root, rootReason }: Read): SchemaTraceHead {
  return {
    trace_id: id.toLowerCase().padStart(32, '0'),
    root: refOf(root.span),
    root_reason: rootReason,
    start_time_unix_nano: String((trace.startedAt ?? 0n) + BigInt(root.span.start)),
    duration_ns: root.span.duration,
    span_count: trace.spans.length,
    error_count: trace.spans.filter(({ status }) => status === 'error').length,
    service_count: new Set(trace.spans.map(({ service }) => service)).size,
    depth: tree.depth,
  }
}

function merge(read: Read, side: Side, roots: Map<string, Node>): void {
  const merged: Node[] = []
  read.tree.nodes.forEach(({ span, parent }, place) => {
    const siblings = parent === null ? roots : (merged[parent]?.children ?? roots)
    const operation = operationOf(span)
    const key = JSON.stringify(operation)
    const node = siblings.get(key) ?? { operation, work: { left: null, right: null }, children: new Map() }
    siblings.set(key, node)
    node.work[side] = addedWork(node.work[side], read, place)
    merged.push(node)
  })
}

const timeOf = ({ work: { left, right } }: Node) => (left?.total_ns ?? 0) + (right?.total_ns ?? 0)

function list(
  level: Map<string, Node>,
  parent: number | null,
  depth: number,
  nodes: SchemaComparedNode[],
): void {
  for (const node of [...level.values()].sort((a, b) => timeOf(b) - timeOf(a))) {
    const place = nodes.length
    nodes.push({ operation: node.operation, parent, depth, ...node.work, cut_count: 0 })
    list(node.children, place, depth + 1, nodes)
  }
}

function contributionsOf(a: Read, b: Read): SchemaContribution[] {
  const times = new Map<string, { operation: SchemaOperationRef } & Record<Side, number>>()
  const add = ({ tree, critical }: Read, side: Side) =>
    tree.nodes.forEach(({ span }, place) => {
      const operation = operationOf(span)
      const key = JSON.stringify(operation)
      const time = times.get(key) ?? { operation, left: 0, right: 0 }
      times.set(key, time)
      time[side] += critical[place] ?? 0
    })
  add(a, 'left')
  add(b, 'right')
  return [...times.values()]
    .filter(({ left, right }) => left > 0 || right > 0)
    .map(({ operation, left, right }) => ({
      operation,
      left_critical_ns: left,
      right_critical_ns: right,
      difference_ns: left - right,
    }))
    .sort((x, y) => Math.abs(y.difference_ns) - Math.abs(x.difference_ns))
}
