// @vitest-environment happy-dom
import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import type { SchemaTraceItem } from '../../api/schema.d.ts'
import { giveSizes } from '../../test/size.ts'
import { epochMilliseconds } from '../../ui/units.ts'
import { Scatter } from './scatter.tsx'

const RANGE = { start: epochMilliseconds(0), end: epochMilliseconds(1000) }
/** Where it stands among the 1000 pixels, in the middle of 1 to 100 ms. */
const FIRST = { clientX: 52 + 936 / 2, clientY: 63 }

function traceOf(id: string, atMs: number, ms: number): SchemaTraceItem {
  return {
    trace_id: id,
    start_time_unix_nano: `${atMs * 1_000_000}`,
    duration_ms: ms,
    span_count: 1,
    error_count: 0,
    services: [],
    root_name: 'GET /',
    root_service_name: 'shop',
  } as unknown as SchemaTraceItem
}

const NEAR = [traceOf('first', 500, 10), traceOf('short', 600, 1), traceOf('long', 700, 99)]

function open() {
  giveSizes()
  const [onOpen, onBrush] = [vi.fn(), vi.fn()]
  const scatter = (traces: SchemaTraceItem[], question: string, end: number) => (
    <Scatter
      question={question}
      traces={traces}
      range={{ ...RANGE, end: epochMilliseconds(end) }}
      isCut={false}
      onOpen={onOpen}
      onBrush={onBrush}
    />
  )
  const { rerender } = render(scatter(NEAR, 'one', 1000))
  const picture = () => screen.getByRole('img')
  // Nobody's real pointer is down, so there is none to capture.
  Object.assign(picture().parentElement ?? {}, { setPointerCapture: () => undefined })
  return {
    onOpen,
    onBrush,
    renew: (traces: SchemaTraceItem[], question = 'one', end = 1000) =>
      rerender(scatter(traces, question, end)),
    fire: (type: 'pointerDown' | 'pointerMove' | 'pointerUp', at: object) =>
      fireEvent[type](picture(), { button: 0, ...at }),
  }
}

test('a dot that is pointed at stays where it is until it is left', () => {
  const { onOpen, renew, fire } = open()
  const press = () => {
    fire('pointerDown', FIRST)
    fire('pointerUp', FIRST)
  }
  fire('pointerMove', FIRST)
  renew([traceOf('other', 500, 2000), ...NEAR], 'one', 4000)
  press()
  expect(onOpen.mock.calls).toEqual([['first']])
  fire('pointerMove', { clientX: 900, clientY: 5 })
  press()
  expect(onOpen.mock.calls).toEqual([['first']])
})

test('the answer to another question is shown at once', () => {
  const { onOpen, renew, fire } = open()
  fire('pointerMove', FIRST)
  renew([traceOf('other', 500, 10), traceOf('short', 600, 1), traceOf('long', 700, 99)], 'two')
  fire('pointerDown', FIRST)
  fire('pointerUp', FIRST)
  expect(onOpen.mock.calls).toEqual([['other']])
})

test('a drag spans what the picture had where it began', () => {
  const { onBrush, renew, fire } = open()
  fire('pointerDown', { clientX: 52, clientY: 8 })
  fire('pointerMove', { clientX: 400, clientY: 60 })
  renew(NEAR, 'one', 9000)
  fire('pointerMove', { clientX: 988, clientY: 118 })
  fire('pointerUp', { clientX: 988, clientY: 118 })
  const [[brushed]] = onBrush.mock.calls as [[{ start: number; end: number }]]
  expect([brushed.start, brushed.end].map(Math.round)).toEqual([0, 1000])
})
