// The lines of calls, kept while the picture stays as it is and numbers change, which is what changes mostly. A line that
// would run behind a card goes round it.

import type { SchemaEdgeItem, SchemaGraph, SchemaKind } from '../api/schema.d.ts'
import { Boxes } from './boxes.ts'
import { type Curve, curveOf } from './curve.ts'
import { CARD, cardBox, type Point } from './geometry.ts'
import { type Arrangement, byCodeUnits, endsOf } from './layout/mesh.ts'
import { wayRound } from './way-round.ts'

interface Line {
  curve: Curve
  source: Standing
  target: Standing
  lane: number
  way: readonly Point[] | undefined
}

interface Known {
  lines: Map<string, Line>
  pairs: Pairs
  cards: Boxes
}

interface Pair {
  /** How many lines there are between the two, for the next one. */
  lanes: number
  way: readonly Point[] | undefined
}

/** What is known of a source and a target together: by one and then the other, for a key of both would have to be made. */
class Pairs {
  private readonly bySource = new Map<string, Map<string, Pair>>()

  constructor(ways: Arrangement['ways']) {
    for (const [key, way] of ways) this.of(...endsOf(key)).way = way
  }

  of(source: string, target: string): Pair {
    const byTarget = this.bySource.get(source) ?? new Map<string, Pair>()
    if (byTarget.size === 0) this.bySource.set(source, byTarget)
    const found = byTarget.get(target)
    if (found !== undefined) return found
    const pair = { lanes: 0, way: undefined }
    byTarget.set(target, pair)
    return pair
  }
}

const known = new WeakMap<Arrangement, Known>()
/** Of the picture before: of most lines nothing changes when somebody comes. */
let latest: Known | null = null
/** In a larger picture single lines cannot be followed anyway. */
const ROUTED_NODES_MAX = 300

interface Standing {
  kind: SchemaKind
  place: Point
}

/** The line of each edge of which both ends stand. */
export function linesOf(
  arrangement: Arrangement,
  graph: SchemaGraph,
  nodes: ReadonlyMap<string, Standing>,
): ReadonlyMap<string, Curve> {
  const isRouted = nodes.size <= ROUTED_NODES_MAX
  const before = isRouted ? null : latest
  const drawn = knownOf(arrangement, isRouted)
  latest = drawn
  const curves = new Map<string, Curve>()
  const fresh: SchemaEdgeItem[] = []
  for (const edge of graph.edges) {
    const [source, target, line] = [nodes.get(edge.source), nodes.get(edge.target), drawn.lines.get(edge.id)]
    if (source === undefined || target === undefined) continue
    if (line !== undefined && isOf(line, source, target)) curves.set(edge.id, line.curve)
    else fresh.push(edge)
  }
  for (const edge of fresh.sort((a, b) => byCodeUnits(a.id, b.id))) {
    const source = nodes.get(edge.source)
    const target = nodes.get(edge.target)
    if (source === undefined || target === undefined) continue
    const pair = drawn.pairs.of(edge.source, edge.target)
    const lane = drawn.lines.get(edge.id)?.lane ?? pair.lanes
    pair.lanes = Math.max(lane + 1, pair.lanes)
    const { way } = pair
    const old = before?.lines.get(edge.id)
    const isOld = old !== undefined && old.lane === lane && old.way === way && isOf(old, source, target)
    const straight = (points: readonly Point[]) => curveOf(source, target, points, lane)
    const curve = isOld
      ? old.curve
      : isRouted
        ? wayRound(straight, way ?? [], drawn.cards, [source.place, target.place])
        : straight(way ?? [])
    drawn.lines.set(edge.id, { curve, source, target, lane, way })
    curves.set(edge.id, curve)
  }
  return curves
}

/** Whether a line is still between these two. */
function isOf({ source, target }: Line, from: Standing, to: Standing): boolean {
  const isAlike = (a: Standing, b: Standing) => a.place === b.place && a.kind === b.kind
  return isAlike(source, from) && isAlike(target, to)
}

function knownOf(arrangement: Arrangement, isRouted: boolean): Known {
  const found = known.get(arrangement)
  if (found !== undefined) return found
  const cards = new Boxes({ width: CARD.width * 1.5, height: CARD.height * 1.5 })
  if (isRouted) for (const place of arrangement.places.values()) cards.add(cardBox(place))
  const made = { lines: new Map(), pairs: new Pairs(arrangement.ways), cards }
  known.set(arrangement, made)
  return made
}
