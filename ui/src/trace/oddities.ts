// What is odd about a trace: each kind with the spans that are so, to go to them.

import { ROW_FLAGS } from '../api/trace-columns.ts'
import { counted, formatDuration } from '../ui/format.ts'
import { type Nanoseconds, nanoseconds } from '../ui/units.ts'
import { at, endOf, NONE, operationAt, type Trace } from './columns.ts'
import { twinsIn } from './ids.ts'
import { CONSUMER } from './span.ts'

export interface Oddity {
  /** One sentence, without a full stop. */
  words: string
  /** Of the spans, in order. */
  rows: readonly number[]
}

/** How far a span sticks out of its parent; nothing on both sides if it does not, or if one of them has no times. */
export interface Sticking {
  before: Nanoseconds
  after: Nanoseconds
}

const NO_STICKING: Sticking = { before: nanoseconds(0), after: nanoseconds(0) }
const MS = 1e6

const ODD_TIMES = ROW_FLAGS.noStart | ROW_FLAGS.noEnd | ROW_FLAGS.endsBeforeItStarts
const ODD = ODD_TIMES | ROW_FLAGS.lostSomething

/** Of every span that sticks out; none is moved for it. */
export function stickingOut(trace: Trace, row: number): Sticking {
  const parent = at(trace.parent, row)
  if (parent === NONE) return NO_STICKING
  const flags = at(trace.flags, row) | at(trace.flags, parent)
  const before = (flags & ROW_FLAGS.noStart) === 0 ? at(trace.start, parent) - at(trace.start, row) : 0
  const after = (flags & ODD_TIMES) === 0 ? endOf(trace, row) - endOf(trace, parent) : 0
  return before <= 0 && after <= 0
    ? NO_STICKING
    : { before: nanoseconds(Math.max(0, before)), after: nanoseconds(Math.max(0, after)) }
}

/** As much nobody minds: a tenth of the parent, at most 1 ms, or a hundredth of it if that is more (critical-path.md). */
function isMuch(out: number, parent: number): boolean {
  return out > Math.max(Math.min(parent / 10, MS), parent / 100)
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
export function odditiesOf(trace: Trace): Oddity[] {
  const found = new Map<Kind, number[]>()
  const most = { early: 0, late: 0 }
  const note: Note = (kind, row) => {
    const rows = found.get(kind)
    if (rows === undefined) found.set(kind, [row])
    else rows.push(row)
  }
  for (const row of twinsIn(trace)) note('twin', row)
  for (let row = 0; row < trace.rowCount; row++) {
    if ((at(trace.flags, row) & ODD) !== 0) noteFlags(at(trace.flags, row), row, note)
    const parent = at(trace.parent, row)
    if (parent === NONE) {
      noteTop(trace, row, note)
      continue
    }
    const { before, after } = stickingOut(trace, row)
    const length = at(trace.duration, parent)
    if (before > 0 && isMuch(before, length)) {
      note('early', row)
      most.early = Math.max(most.early, before)
    }
    // A consumer is not waited for.
    if (after > 0 && isMuch(after, length) && operationAt(trace, row)?.kind !== CONSUMER) {
      note('late', row)
      most.late = Math.max(most.late, after)
    }
  }
  return (Object.keys(KINDS) as Kind[]).flatMap(kind => {
    const rows = found.get(kind)
    const amount = kind === 'early' || kind === 'late' ? most[kind] : 0
    return rows === undefined ? [] : [{ words: wordsOf(kind, rows.length, amount), rows }]
  })
}

type Note = (kind: Kind, row: number) => void

function noteTop({ tops }: Trace, row: number, note: Note): void {
  const reason = tops.get(row)?.reason
  if (reason === 'parent_missing') note('orphan', row)
  if (reason === 'circle') note('circle', row)
}

function noteFlags(flags: number, row: number, note: Note): void {
  if ((flags & ROW_FLAGS.endsBeforeItStarts) !== 0) note('backwards', row)
  if ((flags & ROW_FLAGS.noStart) !== 0) note('startless', row)
  if ((flags & ROW_FLAGS.noEnd) !== 0) note('endless', row)
  if ((flags & ROW_FLAGS.lostSomething) !== 0) note('poorer', row)
}

function wordsOf(kind: Kind, count: number, amount: number): string {
  const [one, many, why] = KINDS[kind]
  const byHowMuch = amount > 0 ? `, by up to ${formatDuration(nanoseconds(amount))}` : ''
  return `${counted(count, 'span')} ${count === 1 ? one : many}${byHowMuch}${why}`
}
