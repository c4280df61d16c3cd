// Which spans can be seen at all, whatever is folded: those whose service is not pruned and, where only some are asked for,
// those and their ancestors.

import type { ServiceName } from '../ui/service-colour.ts'
import type { Tree } from './tree.ts'

/** A flag for each place of a tree. */
export type Flags = Uint8Array

/** What was taken out below a span. */
export interface Pruned {
  spans: number
  errors: number
}

export interface Sight {
  /** Places that no folding shows; null: there are none. */
  hidden: Flags | null
  /** Places that are only there because something below them was asked for; null: there are none. */
  dimmed: Flags | null
  /** By the place of the parent that is still shown. */
  pruned: ReadonlyMap<number, Pruned>
  /** All of them, those of pruned roots too. */
  prunedSpans: number
}

interface Question {
  hiddenServices: ReadonlySet<ServiceName>
  /** Only these and their ancestors; null: all. */
  only: Flags | null
}

export function sightOf(tree: Tree, { hiddenServices, only }: Question): Sight {
  const hidden = new Uint8Array(tree.nodes.length)
  const { pruned, prunedSpans } = prune(tree, hiddenServices, hidden)
  const dimmed = only === null ? null : keep(tree, only, hidden)
  const isAll = prunedSpans === 0 && only === null
  return { hidden: isAll ? null : hidden, dimmed, pruned, prunedSpans }
}

function prune({ nodes }: Tree, services: ReadonlySet<ServiceName>, hidden: Flags) {
  const pruned = new Map<number, Pruned>()
  let prunedSpans = 0
  for (let place = 0; services.size > 0 && place < nodes.length; ) {
    const node = nodes[place]
    if (node === undefined) break
    if (!services.has(node.span.service)) {
      place += 1
      continue
    }
    const spans = 1 + node.below
    hidden.fill(1, place, place + spans)
    prunedSpans += spans
    if (node.parent !== null) {
      const before = pruned.get(node.parent) ?? { spans: 0, errors: 0 }
      const errors = before.errors + node.errorsBelow + (node.span.status === 'error' ? 1 : 0)
      pruned.set(node.parent, { spans: before.spans + spans, errors })
    }
    place += spans
  }
  return { pruned, prunedSpans }
}

/** Hides what is neither asked for nor above it; returns what is only above it. */
function keep({ nodes }: Tree, only: Flags, hidden: Flags): Flags {
  const above = new Uint8Array(nodes.length)
  for (let place = nodes.length - 1; place >= 0; place--) {
    const isKept = hidden[place] === 0 && (only[place] === 1 || above[place] === 1)
    const parent = nodes[place]?.parent ?? null
    if (!isKept) hidden[place] = 1
    else if (parent !== null) above[parent] = 1
    if (only[place] === 1) above[place] = 0
  }
  return above
}

/** The places that have a flag, in order. */
export function placesOf(flags: Flags): number[] {
  const places: number[] = []
  flags.forEach((flag, place) => {
    if (flag === 1) places.push(place)
  })
  return places
}
