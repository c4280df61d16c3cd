// Many calls as one line: those between two boxes, where single ones are not to be seen.

import type { SchemaEdgeItem, SchemaGraph } from '../api/schema.d.ts'
import { arcBetween } from './arc.ts'
import type { Curve } from './curve.ts'
import { type Box, cardBox, clamp } from './geometry.ts'
import { lidOf, type SceneGroup } from './groups.ts'
import { type Arrangement, byCodeUnits } from './layout/mesh.ts'
import { RANK, type Tone, toneOfShare, troubleOf } from './trouble.ts'

/** An end of a bundle: a namespace's box, or a node. */
export type BundleEnd = { kind: 'group' | 'node'; id: string }

export interface Bundle {
  id: string
  source: BundleEnd
  target: BundleEnd
  curve: Curve
  width: number
  tone: Tone
  /** How many edges it stands for. */
  count: number
  rate: number
  share: number | null
}

/** As many of those that are well are drawn, the strongest; of those in trouble all. */
const QUIET_MAX = 600
const WIDTH_MIN = 1.5
const WIDTH_MAX = 12

interface Sum {
  source: BundleEnd
  target: BundleEnd
  count: number
  rate: number
  requests: number
  errors: number
}

/** The bundles of calls that have an end which is `bundled`, between different ends. The most important last. */
export function bundlesOf(
  graph: SchemaGraph,
  arrangement: Arrangement,
  groups: readonly SceneGroup[],
  isBundled: (id: string) => boolean,
): Bundle[] {
  const ends = endsIn(arrangement, groups)
  const sums = new Map<BundleEnd, Map<BundleEnd, Sum>>()
  for (const edge of graph.edges) {
    const [from, to] = [isBundled(edge.source), isBundled(edge.target)]
    if (!from && !to) continue
    const source = from ? ends.bundled(edge.source) : ends.alone(edge.source)
    const target = to ? ends.bundled(edge.target) : ends.alone(edge.target)
    if (source !== target) add(sumOf(sums, source, target), edge)
  }
  const bundles: Bundle[] = []
  for (const sum of [...sums.values()].flatMap(into => [...into.values()])) {
    const [from, to] = [ends.boxOf(sum.source), ends.boxOf(sum.target)]
    if (from === undefined || to === undefined) continue
    const id = `${keyOf(sum.source)} ${keyOf(sum.target)}`
    bundles.push(bundleOf(id, sum, arcBetween(from, to)))
  }
  return strongest(bundles)
}

const keyOf = ({ kind, id }: BundleEnd) => `${kind} ${id}`

function sumOf(sums: Map<BundleEnd, Map<BundleEnd, Sum>>, source: BundleEnd, target: BundleEnd): Sum {
  const into = sums.get(source) ?? new Map<BundleEnd, Sum>()
  sums.set(source, into)
  const sum = into.get(target) ?? { source, target, count: 0, rate: 0, requests: 0, errors: 0 }
  into.set(target, sum)
  return sum
}

function endsIn({ homes, places }: Arrangement, groups: readonly SceneGroup[]) {
  const boxes = new Map(groups.map(group => [group.id, endBox(group)]))
  // The same end is the same object, whoever asks for it.
  const [nodes, namespaces] = [new Map<string, BundleEnd>(), new Map<string, BundleEnd>()]
  const endOf = (ends: Map<string, BundleEnd>, kind: BundleEnd['kind'], id: string): BundleEnd => {
    const end = ends.get(id) ?? { kind, id }
    ends.set(id, end)
    return end
  }
  const alone = (id: string) => endOf(nodes, 'node', id)
  return {
    alone,
    bundled: (id: string): BundleEnd => {
      const home = homes.get(id)
      return home === undefined ? alone(id) : endOf(namespaces, 'group', home)
    },
    boxOf: ({ kind, id }: BundleEnd): Box | undefined => {
      if (kind === 'group') return boxes.get(id)
      const place = places.get(id)
      return place === undefined ? undefined : cardBox(place)
    },
  }
}

function endBox({ boxes: [box], isFolded }: SceneGroup): Box | undefined {
  return box !== undefined && isFolded ? lidOf(box) : box
}

function add(sum: Sum, edge: SchemaEdgeItem): void {
  const { rate, requests, errors } = edge
  const { share, isNow } = troubleOf(edge)
  sum.count += 1
  sum.rate += rate ?? 0
  sum.requests += requests ?? 0
  // What fails now counts as if all did.
  sum.errors += isNow ? (requests ?? 0) * (share ?? 0) : (errors ?? 0)
}

function bundleOf(id: string, { source, target, count, rate, requests, errors }: Sum, curve: Curve): Bundle {
  const share = requests === 0 ? null : errors / requests
  const width = clamp(WIDTH_MIN + 1.5 * Math.log2(count), WIDTH_MIN, WIDTH_MAX)
  const tone = requests === 0 ? 'idle' : toneOfShare(share)
  return { id, source, target, curve, width, tone, count, rate, share }
}

function strongest(bundles: Bundle[]): Bundle[] {
  const sorted = bundles.sort(
    (a, b) => RANK[a.tone] - RANK[b.tone] || a.rate - b.rate || byCodeUnits(a.id, b.id),
  )
  const quiet = sorted.filter(({ tone }) => tone === 'quiet' || tone === 'idle')
  return [...quiet.slice(-QUIET_MAX), ...sorted.slice(quiet.length)]
}
