// What the server says of a trace as a whole, from memory: the same numbers but for clocks that differ, of which only that
// they do is told.

import type {
  SchemaClockSkew,
  SchemaOperationRef,
  SchemaRepeatedCall,
  SchemaSpanRef,
  SchemaTraceAnalysis,
  SchemaTracesData,
  SchemaTreeTop,
  SchemaWork,
} from '../src/api/schema.d.ts'
import { selfTimes } from '../src/trace/self-time.ts'
import { criticalPathOf } from './critical-path.ts'
import { readTrace, type Span, type Trace } from './span.ts'
import { columnsIn, type Tree, type TreeNode, treeOf } from './tree.ts'

const REPEATED_MIN = 5

/** A trace as all answers about it begin. */
export interface Read {
  trace: Trace
  tree: Tree
  /** By place, in nanoseconds. */
  self: Float64Array
  critical: Float64Array
  root: TreeNode
  rootReason: SchemaTreeTop['reason']
}

export function readOf(id: string, data: SchemaTracesData): Read {
  const trace = readTrace(data)
  const tree = treeOf(trace.spans)
  const path = criticalPathOf(id, data)
  const places = new Map(
    tree.nodes.map(({ span }, place) => [`${span.spanId} ${span.otlp.kind ?? 0}`, place]),
  )
  const critical = new Float64Array(tree.nodes.length)
  for (const { span_id, kind, duration_ns } of path.segments) {
    const place = places.get(`${span_id} ${kind}`)
    if (place !== undefined) critical[place] = (critical[place] ?? 0) + duration_ns
  }
  const root = tree.nodes.find(({ span }) => span.spanId === path.root.span_id)
  if (root === undefined) throw new Error(`the root of ${id} is not in its tree`)
  return { trace, tree, self: selfTimes(columnsIn(tree)), critical, root, rootReason: path.root.reason }
}

export const operationOf = ({ service, name, otlp }: Span): SchemaOperationRef => ({
  service,
  name,
  kind: otlp.kind ?? 0,
})

export const refOf = (span: Span): SchemaSpanRef => ({ ...operationOf(span), span_id: span.spanId })

export function addedWork(
  before: SchemaWork | null,
  { tree, self, critical }: Read,
  place: number,
): SchemaWork {
  const span = tree.nodes[place]?.span
  const work = before ?? { span_count: 0, error_count: 0, total_ns: 0, self_ns: 0, critical_ns: 0 }
  return {
    span_count: work.span_count + 1,
    error_count: work.error_count + (span?.status === 'error' ? 1 : 0),
    total_ns: work.total_ns + (span?.duration ?? 0),
    self_ns: work.self_ns + (self[place] ?? 0),
    critical_ns: work.critical_ns + (critical[place] ?? 0),
  }
}

function workBy<Key>(read: Read, keyOf: (span: Span) => Key): { key: Key; work: SchemaWork }[] {
  const found = new Map<string, { key: Key; work: SchemaWork }>()
  read.tree.nodes.forEach(({ span }, place) => {
    const key = keyOf(span)
    const text = JSON.stringify(key)
    found.set(text, { key, work: addedWork(found.get(text)?.work ?? null, read, place) })
  })
  return [...found.values()].sort((a, b) => b.work.self_ns - a.work.self_ns)
}

export function analysisOf(id: string, data: SchemaTracesData): SchemaTraceAnalysis {
  const read = readOf(id, data)
  const { trace, tree, root } = read
  const tops = tree.nodes.filter(({ top }) => top !== null).sort((a, b) => b.below - a.below)
  const ordered = [root, ...tops.filter(top => top !== root)].map(topItem)
  const operations = workBy(read, operationOf).map(({ key, work }) => ({ operation: key, work }))
  const services = workBy(read, ({ service }) => service).map(({ key, work }) => ({ service: key, work }))
  const repeated = repeatedIn(tree)
  return {
    trace_id: id.toLowerCase().padStart(32, '0'),
    start_time_unix_nano: String(trace.startedAt ?? 0n),
    duration_ns: trace.duration,
    span_count: trace.spans.length,
    error_count: trace.spans.filter(({ status }) => status === 'error').length,
    depth: tree.depth,
    root: topItem(root),
    root_duration_ns: root.span.duration,
    tops: ordered,
    top_count: tops.length,
    orphans: orphansIn(tree),
    duplicates: duplicatesIn(trace),
    clock_skew: skewIn(tree),
    services,
    service_count: services.length,
    operations,
    operation_count: operations.length,
    fan_out: fanOutIn(tree),
    repeated_calls: repeated,
    repeated_call_count: repeated.length,
  }
}

function topItem({ span, below, top }: TreeNode): SchemaTreeTop {
  const reason = top === 'parent missing' ? 'parent_missing' : top === 'circle' ? 'circle' : 'no_parent'
  return {
    span: refOf(span),
    reason,
    start_offset_ns: span.start,
    duration_ns: span.duration,
    span_count: below + 1,
  }
}

function orphansIn({ nodes }: Tree): SchemaTraceAnalysis['orphans'] {
  const orphans = nodes.filter(({ top }) => top === 'parent missing')
  return {
    count: orphans.length,
    missing_parent_count: new Set(orphans.map(({ span }) => span.parentSpanId)).size,
    spans: orphans.map(node => ({
      span: refOf(node.span),
      missing_parent_id: node.span.parentSpanId ?? '',
      start_offset_ns: node.span.start,
      duration_ns: node.span.duration,
      span_count: node.below + 1,
    })),
  }
}

function duplicatesIn({ spans }: Trace): SchemaTraceAnalysis['duplicates'] {
  const byId = new Map<string, Span[]>()
  for (const span of spans) byId.set(span.spanId, [...(byId.get(span.spanId) ?? []), span])
  const several = [...byId].filter(([, found]) => found.length > 1)
  const kindsOf = (found: Span[]) =>
    found
      .map(({ kind }) => kind)
      .sort()
      .join()
  const isHalves = ([, found]: [string, Span[]]) => kindsOf(found) === 'client,server'
  const shared = several.filter(one => !isHalves(one))
  return {
    resent_count: 0,
    half_pair_count: several.filter(isHalves).length,
    shared_id_count: shared.length,
    shared_ids: shared.map(([span_id, found]) => ({ span_id, span_count: found.length })),
  }
}

const parentOf = ({ nodes }: Tree, { parent }: TreeNode) =>
  parent === null ? undefined : nodes[parent]?.span

function skewIn(tree: Tree): SchemaClockSkew[] {
  const pairs = new Map<
    string,
    { source: string | null; target: string | null; shifts: number[]; calls: number }
  >()
  for (const node of tree.nodes) {
    const parent = parentOf(tree, node)
    const { span } = node
    if (parent === undefined || parent.service === span.service || span.oddity !== null) continue
    const key = JSON.stringify([parent.service, span.service])
    const pair = pairs.get(key) ?? { source: parent.service, target: span.service, shifts: [], calls: 0 }
    pairs.set(key, pair)
    pair.calls += 1
    if (span.start < parent.start) {
      pair.shifts.push(span.start + span.duration / 2 - (parent.start + parent.duration / 2))
    }
  }
  return [...pairs.values()]
    .filter(({ shifts }) => shifts.length > 0)
    .map(({ source, target, shifts, calls }) => {
      const median = shifts.sort((a, b) => a - b)[Math.floor(shifts.length / 2)] ?? 0
      return {
        source,
        target,
        call_count: calls,
        skewed_count: shifts.length,
        median_shift_ns: Math.round(median),
        direction: median > 0 ? 'target_ahead' : 'target_behind',
      }
    })
}

function fanOutIn(tree: Tree): SchemaTraceAnalysis['fan_out'] {
  const counts = new Map<Span, number>()
  for (const node of tree.nodes) {
    const parent = parentOf(tree, node)
    if (parent !== undefined) counts.set(parent, (counts.get(parent) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, 10)
  return sorted.map(([span, child_count]) => ({ span: refOf(span), child_count }))
}

function repeatedIn(tree: Tree): SchemaRepeatedCall[] {
  const groups = new Map<string, { parent: Span; calls: Span[] }>()
  for (const node of tree.nodes) {
    const parent = parentOf(tree, node)
    if (parent === undefined) continue
    const key = JSON.stringify([parent.key, operationOf(node.span)])
    const group = groups.get(key) ?? { parent, calls: [] }
    groups.set(key, group)
    group.calls.push(node.span)
  }
  return [...groups.values()]
    .filter(({ calls }) => calls.length >= REPEATED_MIN)
    .map(repeatedItem)
    .sort((a, b) => b.total_ns - a.total_ns)
}

function repeatedItem({ parent, calls }: { parent: Span; calls: Span[] }): SchemaRepeatedCall {
  const [first] = calls
  if (first === undefined) throw new Error('calls that are repeated are some')
  const total = calls.reduce((sum, { duration }) => sum + duration, 0)
  const busy = busyTime(calls)
  return {
    parent: refOf(parent),
    operation: operationOf(first),
    call_count: calls.length,
    error_count: calls.filter(({ status }) => status === 'error').length,
    total_ns: total,
    busy_ns: busy,
    order: total - busy <= total / 100 ? 'sequential' : 'overlapping',
  }
}

function busyTime(spans: readonly Span[]): number {
  let [busy, until] = [0, Number.NEGATIVE_INFINITY]
  for (const { start, duration } of spans.toSorted((a, b) => a.start - b.start)) {
    const end = start + duration
    busy += Math.max(0, end - Math.max(start, until))
    until = Math.max(until, end)
  }
  return busy
}
