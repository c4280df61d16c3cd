// @vitest-environment happy-dom
import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import type { HeatDot, PlacedDot } from './heat-scene.ts'
import { useBrush } from './use-brush.ts'

const DOT: PlacedDot<HeatDot> = { dot: { id: 'one', time: 0, ms: 1, tone: 'ok' }, x: 50, y: 50 }
const AREA = { left: 0, top: 0, width: 200, height: 100 }

function open() {
  const [onPress, onBrush] = [vi.fn(), vi.fn()]
  function Picture({ placed }: { placed: PlacedDot<HeatDot>[] }) {
    const { host, handlers } = useBrush({ area: AREA, placed, onPoint: () => {}, onBrush, onPress })
    return <div ref={host} {...handlers} data-testid="picture" />
  }
  const { rerender } = render(<Picture placed={[DOT]} />)
  const renew = (placed: PlacedDot<HeatDot>[]) => rerender(<Picture placed={placed} />)
  const pull = (button: number, from: number, to: number) => {
    const picture = screen.getByTestId('picture')
    fireEvent.pointerDown(picture, { button, clientX: from, clientY: 50 })
    fireEvent.pointerUp(picture, { button, clientX: to, clientY: 50 })
  }
  return { onPress, onBrush, pull, renew }
}

test('only the first button presses a dot or pulls a stretch', () => {
  const { onPress, onBrush, pull } = open()
  for (const button of [1, 2]) {
    pull(button, 50, 50)
    pull(button, 20, 90)
  }
  expect([onPress.mock.calls, onBrush.mock.calls]).toEqual([[], []])
  pull(0, 50, 50)
  pull(0, 20, 90)
  expect([onPress.mock.calls, onBrush.mock.calls]).toEqual([[[DOT]], [[20, 90]]])
})

test('a dot that was pointed at is pressed, also where newer data has moved it away', () => {
  const { onPress, pull, renew } = open()
  fireEvent.pointerMove(screen.getByTestId('picture'), { clientX: 50, clientY: 50 })
  renew([{ ...DOT, x: 20 }])
  pull(0, 50, 50)
  expect(onPress.mock.calls).toEqual([[DOT]])
})
