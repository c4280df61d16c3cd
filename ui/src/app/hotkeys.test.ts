// @vitest-environment happy-dom
import { fireEvent, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useHotkeys } from './hotkeys.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const press = (key: string) => fireEvent.keyDown(document.body, { key })

function listen() {
  const goTopology = vi.fn()
  renderHook(() => useHotkeys({ goTopology }))
  return { goTopology }
}

test('a sequence that is begun waits for a moment', () => {
  const { goTopology } = listen()
  press('g')
  vi.advanceTimersByTime(1400)
  press('t')
  expect(goTopology).toHaveBeenCalledTimes(1)
  press('g')
  vi.advanceTimersByTime(1600)
  press('t')
  expect(goTopology).toHaveBeenCalledTimes(1)
})

test('a sequence that is begun again waits anew', () => {
  const { goTopology } = listen()
  press('g')
  vi.advanceTimersByTime(1000)
  press('g')
  vi.advanceTimersByTime(1000)
  press('t')
  expect(goTopology).toHaveBeenCalledTimes(1)
})

test('the pointer ends what was begun', () => {
  const { goTopology } = listen()
  press('g')
  fireEvent.pointerDown(document.body)
  press('t')
  expect(goTopology).not.toHaveBeenCalled()
})
