import { expect, test } from 'vitest'
import { partOf, wholeOf } from '../../mock/columns.ts'
import type { ColumnsQuestion, SpanColumns } from '../api/trace-columns.ts'
import { randomOf } from '../test/random.ts'
import { randomTrace } from '../test/random-trace.ts'
import { at, NONE, operationAt, readTrace, type Trace } from './columns.ts'
import { rowOfHalf, spanIdAt } from './ids.ts'
import { merged } from './merge.ts'

function part(whole: SpanColumns, question: ColumnsQuestion, rowsMax?: number): SpanColumns {
  const answer = partOf(whole, question, rowsMax)
  if (answer === null) throw new Error(`there is no ${question.under}`)
  return answer
}

/** All that is seen of a trace, a line per row. */
function seen(trace: Trace): unknown[] {
  const { first, name, names, at: moments } = trace.events
  return Array.from({ length: trace.rowCount }, (_, row) => ({
    id: spanIdAt(trace, row),
    operation: operationAt(trace, row),
    top: trace.tops.get(row),
    numbers: [
      trace.parent,
      trace.level,
      trace.start,
      trace.duration,
      trace.flags,
      trace.below,
      trace.spansBelow,
      trace.errorsBelow,
    ].map(column => at(column, row)),
    events: Array.from({ length: at(first, row + 1) - at(first, row) }, (_, place) => [
      names[at(name, at(first, row) + place)],
      at(moments, at(first, row) + place),
    ]),
  }))
}

/** As the page opens what is missing below a row. */
function opened(trace: Trace, whole: SpanColumns, row: number, rowsMax: number): Trace {
  const skip = trace.cuts.get(row)?.skip ?? 0
  const kind = operationAt(trace, row)?.kind ?? 0
  const under = row === NONE ? {} : { under: spanIdAt(trace, row), kind }
  return merged(trace, part(whole, { ...under, skip }, rowsMax), { skipped: skip })
}

/** Every span is there or counted, and nothing twice. */
function expectAllCounted(trace: Trace) {
  let [spans, errors] = [trace.rowCount, 0]
  trace.flags.forEach(flags => {
    errors += (flags & 2) / 2
  })
  for (const cut of trace.cuts.values()) {
    spans += cut.spans
    errors += cut.errors
  }
  expect([spans, errors]).toEqual([trace.spanCount, trace.errorCount])
}

test('whatever is cut, and in whatever order it is opened, it is the whole trace in the end', () => {
  const random = randomOf(41)
  for (let round = 0; round < 80; round++) {
    const whole = wholeOf('7', randomTrace(random, 2 + Math.floor(random() * 80)))
    let trace = readTrace(part(whole, {}, 1 + Math.floor(random() * 20)))
    expectAllCounted(trace)
    while (trace.cuts.size > 0) {
      const rows = [...trace.cuts.keys()]
      const row = rows[Math.floor(random() * rows.length)] ?? NONE
      const before = trace.rowCount
      // One row is what was asked for itself.
      trace = opened(trace, whole, row, 2 + Math.floor(random() * 12))
      expect(trace.rowCount).toBeGreaterThan(before)
      expectAllCounted(trace)
    }
    expect(seen(trace)).toEqual(seen(readTrace(part(whole, {}))))
  }
})

test('a span is put where it belongs before its siblings are there, and is there once', () => {
  const random = randomOf(42)
  for (let round = 0; round < 80; round++) {
    const whole = wholeOf('7', randomTrace(random, 80))
    const all = readTrace(part(whole, {}))
    let trace = readTrace(part(whole, {}, 6))
    // The way down to any row, one after the other.
    const way: number[] = []
    for (let row = Math.floor(random() * all.rowCount); row !== NONE; row = at(all.parent, row))
      way.unshift(row)
    for (const row of way) {
      const kind = operationAt(all, row)?.kind ?? 0
      const above = at(all.parent, row)
      const under =
        above === NONE
          ? NONE
          : (rowOfHalf(trace, spanIdAt(all, above), operationAt(all, above)?.kind ?? 0) ?? NONE)
      trace = merged(trace, part(whole, { under: spanIdAt(all, row), kind, depth: 1 }), { under })
    }
    const last = way.at(-1) ?? NONE
    expect(rowOfHalf(trace, spanIdAt(all, last), operationAt(all, last)?.kind ?? 0)).toBeDefined()
    while (trace.cuts.size > 0) {
      const [row = NONE] = trace.cuts.keys()
      const before = trace.rowCount
      trace = opened(trace, whole, row, 1000)
      expect(trace.rowCount).toBeGreaterThan(before)
    }
    const ids = (of: Trace) => Array.from({ length: of.rowCount }, (_, row) => spanIdAt(of, row))
    expect(ids(trace)).toEqual(ids(all))
  }
})

test('an answer that says nothing new changes nothing', () => {
  const whole = wholeOf('7', randomTrace(randomOf(43), 50))
  const trace = readTrace(part(whole, {}, 20))
  const again = merged(trace, part(whole, {}, 20))
  expect(seen(again)).toEqual(seen(trace))
  expect([...again.cuts].sort()).toEqual([...trace.cuts].sort())
})
