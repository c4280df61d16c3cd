// The critical path of a trace in memory, by the rules of docs/critical-path.md but for clocks that differ: what sticks out
// of its parent is cut off.

import type { SchemaCriticalPath, SchemaSegmentItem, SchemaTracesData } from '../src/api/schema.d.ts'
import { readTrace, type Span, type Trace } from './span.ts'
import { type Tree, type TreeNode, treeOf } from './tree.ts'

interface Stretch {
  node: TreeNode
  from: number
  to: number
}

export function criticalPathOf(id: string, data: SchemaTracesData): SchemaCriticalPath {
  const trace = readTrace(data)
  const tree = treeOf(trace.spans)
  const tops = tree.nodes.filter(node => node.top !== null)
  const roots = tops.filter(node => node.top === 'root')
  const root = longestOf(roots.length > 0 ? roots : tops)
  const stretches = walk(tree, root)
  return {
    trace_id: id.toLowerCase().padStart(32, '0'),
    root: rootItem(root),
    start_time_unix_nano: String((trace.startedAt ?? 0n) + BigInt(root.span.start)),
    duration_ns: root.span.duration,
    segments: stretches.map(({ node, from, to }) => segmentOf(node.span, root.span, from, to)),
    self_time_by_service: byService(stretches, root.span.duration),
    left_out: leftOut(tree, trace, root),
    other_roots: tops.filter(node => node !== root).map(rootItem),
    other_root_count: tops.length - 1,
  }
}

function longestOf(nodes: readonly TreeNode[]): TreeNode {
  return nodes.reduce((longest, node) => (node.span.duration > longest.span.duration ? node : longest))
}

function rootItem({ span, below, top }: TreeNode): SchemaCriticalPath['root'] {
  const reason = top === 'parent missing' ? 'parent_missing' : top === 'circle' ? 'circle' : 'no_parent'
  return { span_id: span.spanId, reason, span_count: 1 + below }
}

/** From the end back; without recursion, since a trace may be as deep as it has spans. */
function walk(tree: Tree, root: TreeNode): Stretch[] {
  const children = childrenOf(tree)
  const back: Stretch[] = []
  const open: { node: TreeNode; from: number; at: number }[] = [
    { node: root, from: root.span.start, at: root.span.start + root.span.duration },
  ]
  for (let here = open.at(-1); here !== undefined; here = open.at(-1)) {
    const { node, from, at } = here
    const child = lastToEnd(children.get(node) ?? [], from, at)
    const end = child === undefined ? from : Math.min(at, endOf(child))
    if (at > end) back.push({ node, from: end, to: at })
    if (child === undefined) {
      open.pop()
      continue
    }
    const start = Math.max(from, child.span.start)
    here.at = start
    open.push({ node: child, from: start, at: end })
  }
  return back.reverse()
}

const endOf = ({ span }: TreeNode) => span.start + span.duration

function lastToEnd(children: readonly TreeNode[], from: number, at: number): TreeNode | undefined {
  const waited = children.filter(
    child =>
      child.span.kind !== 'consumer' && child.span.duration > 0 && endOf(child) > from && endOf(child) <= at,
  )
  return waited.length === 0
    ? undefined
    : waited.reduce((last, one) => (endOf(one) > endOf(last) ? one : last))
}

function childrenOf({ nodes }: Tree): Map<TreeNode, TreeNode[]> {
  const children = new Map<TreeNode, TreeNode[]>()
  for (const node of nodes) {
    const parent = node.parent === null ? undefined : nodes[node.parent]
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), node])
  }
  return children
}

function segmentOf(span: Span, root: Span, from: number, to: number): SchemaSegmentItem {
  return {
    span_id: span.spanId,
    kind: span.otlp.kind ?? 0,
    start_offset_ns: from - root.start,
    duration_ns: to - from,
  }
}

function byService(stretches: readonly Stretch[], length: number) {
  const times = new Map<string | null, number>()
  for (const { node, from, to } of stretches) {
    times.set(node.span.service, (times.get(node.span.service) ?? 0) + to - from)
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .map(([service, duration]) => ({ service, duration_ns: duration, share: duration / length }))
}

function leftOut(tree: Tree, trace: Trace, root: TreeNode): number {
  const consumers = tree.nodes.filter(({ span }) => span.kind === 'consumer' && span !== root.span)
  return trace.spans.length - 1 - root.below + consumers.length
}
