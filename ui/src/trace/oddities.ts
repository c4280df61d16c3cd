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
  const haveStarts = node.span.startedAt !== null && parent.span.startedAt !== null
  const haveEnds = node.span.oddity === null && parent.span.oddity === null
  const before = haveStarts ? Math.max(0, parent.span.start - node.span.start) : 0
  const after = haveEnds ? Math.max(0, endOf(node.span) - endOf(parent.span)) : 0
  return before === 0 && after === 0
    ? NO_STICKING
    : { before: nanoseconds(before), after: nanoseconds(after) }
}

const endOf = ({ start, duration }: Span) => start + duration

/** As much nobody minds: a tenth of the parent, at most 1 ms, or a hundredth of it if that is more (critical-path.md). */
function isMuch(out: number, parent: Span): boolean {
  return out > Math.max(Math.min(parent.duration / 10, MS), parent.duration / 100)
}

/** The kinds, in the order in which they are said: with one span, with more, and why. */
const KINDS = {
  orphan: ['has no parent', 'have no parent', ': it did not come'],
  circle: ['is its own ancestor', 'are their own ancestors', ''],
  twin: ['has the id of another', 'have the ids of others', ''],
  early: ['starts before its parent', 'start before their parents', ': clocks differ'],
  late: ['ends after its parent', 'end after their parents', ': nobody waited for it, or clocks differ'],
  backwards: ['ends before it starts', 'end before they start', ''],
  startless: ['has no start time', 'have no start time', ''],
  endless: ['has no end time', 'have no end time', ''],
  poorer: [
    'lost attributes, events or links on its way',
    'lost attributes, events or links on their way',
    '',
  ],
} as const

type Kind = keyof typeof KINDS

/** In one pass: a trace of a hundred thousand spans is looked through before it is shown. */
export function odditiesOf(tree: Tree): Oddity[] {
  const found = new Map<Kind, number[]>()
  const most = { early: 0, late: 0 }
  const note = (kind: Kind, place: number) => {
    const places = found.get(kind)
    if (places === undefined) found.set(kind, [place])
    else places.push(place)
  }
  tree.nodes.forEach((node, place) => {
    noteOwn(node, place, note)
    const parent = node.parent === null ? undefined : tree.nodes[node.parent]?.span
    if (parent === undefined) return
    const { before, after } = stickingOut(tree, place)
    if (before > 0 && isMuch(before, parent)) {
      note('early', place)
      most.early = Math.max(most.early, before)
    }
    // A consumer is not waited for.
    if (after > 0 && isMuch(after, parent) && node.span.kind !== 'consumer') {
      note('late', place)
      most.late = Math.max(most.late, after)
    }
  })
  return (Object.keys(KINDS) as Kind[]).flatMap(kind => {
    const places = found.get(kind)
    const amount = kind === 'early' || kind === 'late' ? most[kind] : 0
    return places === undefined ? [] : [{ words: wordsOf(kind, places.length, amount), places }]
  })
}

/** What is odd about a span by itself. */
function noteOwn({ span, top }: TreeNode, place: number, note: (kind: Kind, place: number) => void): void {
  if (top === 'parent missing') note('orphan', place)
  if (top === 'circle') note('circle', place)
  if (span.key !== span.spanId) note('twin', place)
  if (span.oddity === 'ends before it starts') note('backwards', place)
  if (span.oddity === 'no start') note('startless', place)
  if (span.oddity === 'no end') note('endless', place)
  if (lostSomething(span)) note('poorer', place)
}

function wordsOf(kind: Kind, count: number, amount: number): string {
  const [one, many, why] = KINDS[kind]
  const byHowMuch = amount > 0 ? `, by up to ${formatDuration(nanoseconds(amount))}` : ''
  return `${counted(count, 'span')} ${count === 1 ? one : many}${byHowMuch}${why}`
}

/** Whether the sender dropped parts of it for its own limits. */
function lostSomething({ otlp }: Span): boolean {
  return Boolean(otlp.droppedAttributesCount || otlp.droppedEventsCount || otlp.droppedLinksCount)
}
