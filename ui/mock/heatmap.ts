// Latencies in buckets of half a power of two, as the server has them.

import type { SchemaHeatmap } from '../src/api/schema.d.ts'

const NS_PER_MS = 1e6

const bucketOf = (ms: number) => Math.ceil(2 * Math.log2(Math.max(1, ms * NS_PER_MS)))
const boundOf = (bucket: number) => 2 ** (bucket / 2) / NS_PER_MS

/** From the lowest bucket that holds a call to the highest. */
export function heatmapOf(steps: readonly (readonly number[])[]): SchemaHeatmap {
  const buckets = steps.map(times => times.map(bucketOf))
  const all = buckets.flat()
  if (all.length === 0) return { bounds_ms: [], counts: steps.map(() => []) }
  const first = Math.min(...all)
  const rows = Array.from({ length: Math.max(...all) - first + 1 }, (_, row) => first + row)
  return {
    bounds_ms: rows.map(boundOf),
    counts: buckets.map(step => rows.map(row => step.filter(bucket => bucket === row).length)),
  }
}
