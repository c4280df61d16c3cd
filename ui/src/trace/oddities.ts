// What is odd about a trace: each kind with the spans that are so, to go to them.

import { counted, formatDuration } from '../ui/format.ts'
import { type Nanoseconds, nanoseconds } from '../ui/units.ts'
import type { Span } from './span.ts'
import type { Tree, TreeNode } from './tree.ts'

export interface Oddity {
  /** One sentence, without a full stop. */
  words: string
  /** Of the spans, in the order of their rows. */
  places: readonly number[]
}

/** How far a span sticks out of its parent; nothing on both sides if it does not, or if one of them has no times. */
export interface Sticking {
  before: Nanoseconds
  after: Nanoseconds
}

const NO_STICKING: Sticking = { before: nanoseconds(0), after: nanoseconds(0) }
const MS = 1e6

/** Of every span that sticks out; none is moved for it. */
export function stickingOut({ nodes }: Tree, place: number): Sticking {
  const node = nodes[place]
  const parent = node?.parent == null ? undefined : nodes[node.parent]
  if (node === undefined || parent === undefined) return NO_STICKING
  const [haveStarts, haveEnds] = [
    node.span.startedAt !== null && parent.span.startedAt !== null,
    node.span.oddity === null && parent.span.oddity === null,
  ]
  return {
    before: nanoseconds(haveStarts ? Math.max(0, parent.span.start - node.span.start) : 0),
    after: nanoseconds(haveEnds ? Math.max(0, endOf(node.span) - endOf(parent.span)) : 0),
  }
}

const endOf = ({ start, duration }: Span) => start + duration

/** As much nobody minds: a tenth of the parent, at most 1 ms, or a hundredth of it if that is more (critical-path.md). */
function isMuch(out: number, parent: Span): boolean {
  return out > Math.max(Math.min(parent.duration / 10, MS), parent.duration / 100)
}

export function odditiesOf(tree: Tree): Oddity[] {
  const { nodes } = tree
  const where = (fits: (node: TreeNode, place: number) => boolean) =>
    nodes.flatMap((node, place) => (fits(node, place) ? [place] : []))
  const kinds = [
    oddity(
      where(node => node.top === 'parent missing'),
      'has no parent',
      'have no parent',
      () => ': it did not come',
    ),
    oddity(
      where(node => node.top === 'circle'),
      'is its own ancestor',
      'are their own ancestors',
    ),
    oddity(
      where(node => node.span.key !== node.span.spanId),
      'has the id of another',
      'have the ids of others',
    ),
    ...clockOddities(tree),
    oddity(
      where(({ span }) => span.oddity === 'ends before it starts'),
      'ends before it starts',
      'end before they start',
    ),
    oddity(
      where(({ span }) => span.oddity === 'no start'),
      'has no start time',
      'have no start time',
    ),
    oddity(
      where(({ span }) => span.oddity === 'no end'),
      'has no end time',
      'have no end time',
    ),
    oddity(
      where(({ span }) => lostSomething(span)),
      'lost attributes, events or links on its way',
      'lost attributes, events or links on their way',
    ),
  ]
  return kinds.filter(({ places }) => places.length > 0)
}

function clockOddities(tree: Tree): Oddity[] {
  const sticking = tree.nodes.map((node, place) => {
    const parent = node.parent === null ? undefined : tree.nodes[node.parent]?.span
    const { before, after } = stickingOut(tree, place)
    return {
      before: parent !== undefined && isMuch(before, parent) ? before : 0,
      // A consumer is not waited for.
      after: parent !== undefined && node.span.kind !== 'consumer' && isMuch(after, parent) ? after : 0,
    }
  })
  const kind = (side: keyof Sticking, one: string, many: string, why: string) => {
    const places = sticking.flatMap((out, place) => (out[side] > 0 ? [place] : []))
    const most = sticking.reduce((most, out) => Math.max(most, out[side]), 0)
    return oddity(places, one, many, () => `, by up to ${formatDuration(nanoseconds(most))}: ${why}`)
  }
  return [
    kind('before', 'starts before its parent', 'start before their parents', 'clocks differ'),
    kind(
      'after',
      'ends after its parent',
      'end after their parents',
      'nobody waited for it, or clocks differ',
    ),
  ]
}

function oddity(places: readonly number[], one: string, many: string, more: () => string = () => ''): Oddity {
  const words = `${counted(places.length, 'span')} ${places.length === 1 ? one : many}${more()}`
  return { words, places }
}

/** Whether the sender dropped parts of it for its own limits. */
function lostSomething({ otlp }: Span): boolean {
  return Boolean(otlp.droppedAttributesCount || otlp.droppedEventsCount || otlp.droppedLinksCount)
}
