import { expect, test } from 'vitest'
import { START, traceOf } from '../test/trace.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { isGrowing, isSameTrace } from './growing.ts'

test('a trace grows for a minute after its end, unless it is large', () => {
  const trace = traceOf([{ id: 1, start: 0, end: 5_000_000_000 }])
  const after = (seconds: number) => epochMilliseconds(Number(START / 1_000_000n) + seconds * 1000)
  expect([after(0), after(64), after(66)].map(now => isGrowing(trace, now))).toEqual([true, true, false])
  expect(isGrowing(traceOf([]), after(0))).toBe(false)
  expect(isGrowing({ ...trace, spanCount: 5001 }, after(0))).toBe(false)
})

test('a trace with another span is another', () => {
  const one = () => traceOf([{ id: 1 }])
  expect(isSameTrace(one(), one())).toBe(true)
  expect(isSameTrace(one(), traceOf([{ id: 1 }, { id: 2, start: 1, end: 1 }]))).toBe(false)
})
