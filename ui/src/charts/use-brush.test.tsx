// @vitest-environment happy-dom
import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import type { HeatDot, PlacedDot } from './heat-scene.ts'
import { useBrush } from './use-brush.ts'

const DOT: PlacedDot<HeatDot> = { dot: { id: 'one', time: 0, ms: 1, tone: 'ok' }, x: 50, y: 50 }
const AREA = { left: 0, top: 0, width: 200, height: 100 }

function open() {
  const [onPress, onBrush] = [vi.fn(), vi.fn()]
  function Picture() {
    const { host, handlers } = useBrush({ area: AREA, placed: [DOT], onPoint: () => {}, onBrush, onPress })
    return <div ref={host} {...handlers} data-testid="picture" />
  }
  render(<Picture />)
  const pull = (button: number, from: number, to: number) => {
    const picture = screen.getByTestId('picture')
    fireEvent.pointerDown(picture, { button, clientX: from, clientY: 50 })
    fireEvent.pointerUp(picture, { button, clientX: to, clientY: 50 })
  }
  return { onPress, onBrush, pull }
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
