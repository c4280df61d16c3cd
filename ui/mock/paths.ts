// What many traces waited for, from memory.

import type {
  SchemaAggregatePath,
  SchemaFrequentPath,
  SchemaOperationRef,
  SchemaPathTime,
  SchemaTracesData,
} from '../src/api/schema.d.ts'
import { operationOf, type Read, readOf } from './analysis.ts'

const NOTHING = { total_ns: 0, share: 0 }
const PATHS_MAX = 20

export function pathsOf(traces: readonly { id: string; data: SchemaTracesData }[]): SchemaAggregatePath {
  const reads = traces.map(({ id, data }) => ({ id, read: readOf(id, data) }))
  const known = reads.filter(({ read }) => read.root.span.duration > 0)
  const durations = known.map(({ read }) => read.root.span.duration)
  const all = durations.reduce((sum, duration) => sum + duration, 0)
  const services = timesBy(known, all, ({ service }) => service)
  const operations = timesBy(known, all, operation => operation)
  const ways = waysOf(known)
  return {
    trace_count: known.length,
    rootless_count: known.filter(({ read }) => read.rootReason !== 'no_parent').length,
    duration: timeOf(durations, all),
    services: services.map(({ key, time }) => ({ service: key, time })),
    service_count: services.length,
    other_services: NOTHING,
    operations: operations.map(({ key, time }) => ({ operation: key, time })),
    operation_count: operations.length,
    other_operations: NOTHING,
    paths: ways.slice(0, PATHS_MAX),
    path_count: ways.length,
    left_out: { without_length: reads.length - known.length, too_large: 0, out_of_time: 0, gone: 0 },
  }
}

interface Known {
  id: string
  read: Read
}

function timesBy<Key>(known: readonly Known[], all: number, keyOf: (operation: SchemaOperationRef) => Key) {
  const times = new Map<string, { key: Key; perTrace: number[] }>()
  for (const { read } of known) {
    const own = new Map<string, { key: Key; time: number }>()
    read.tree.nodes.forEach(({ span }, place) => {
      const key = keyOf(operationOf(span))
      const text = JSON.stringify(key)
      own.set(text, { key, time: (own.get(text)?.time ?? 0) + (read.critical[place] ?? 0) })
    })
    for (const [text, { key, time }] of own) {
      if (time === 0) continue
      const entry = times.get(text) ?? { key, perTrace: [] }
      times.set(text, entry)
      entry.perTrace.push(time)
    }
  }
  return [...times.values()]
    .map(({ key, perTrace }) => ({ key, time: timeOf(perTrace, all) }))
    .sort((a, b) => b.time.total_ns - a.time.total_ns)
}

function timeOf(times: readonly number[], all: number): SchemaPathTime {
  const sorted = times.toSorted((a, b) => a - b)
  const total = sorted.reduce((sum, time) => sum + time, 0)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return {
    trace_count: sorted.length,
    total_ns: total,
    share: all === 0 ? 0 : total / all,
    mean_ns: sorted.length === 0 ? 0 : Math.round(total / sorted.length),
    p50_ns: at(0.5),
    p95_ns: at(0.95),
    max_ns: at(1),
  }
}

function waysOf(known: readonly Known[]): SchemaFrequentPath[] {
  const ways = new Map<string, { services: (string | null)[]; traces: Known[] }>()
  for (const one of known) {
    const { tree, critical } = one.read
    const on = tree.nodes.filter((_, place) => (critical[place] ?? 0) > 0)
    const services = [...new Set(on.map(({ span }) => span.service))]
    const key = JSON.stringify(services)
    const way = ways.get(key) ?? { services, traces: [] }
    ways.set(key, way)
    way.traces.push(one)
  }
  const durationOf = ({ read }: Known) => read.root.span.duration
  return [...ways.values()]
    .sort((a, b) => b.traces.length - a.traces.length)
    .map(({ services, traces }) => {
      const slowest = traces.reduce((most, one) => (durationOf(one) > durationOf(most) ? one : most))
      return {
        services,
        more_services: 0,
        trace_count: traces.length,
        mean_ns: Math.round(traces.reduce((sum, one) => sum + durationOf(one), 0) / traces.length),
        slowest_trace_id: slowest.id,
        slowest_ns: durationOf(slowest),
      }
    })
}
