// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'
import { fillStore } from '../test/full-store.ts'
import { kept } from './kept.ts'

test('what a full store does not take is meant all the same', () => {
  const text = kept('word')
  const reader = vi.fn()
  text.subscribe(reader)
  text.keep('before')
  const makeRoom = fillStore()
  text.keep('after')
  expect([text.read(), localStorage.getItem('spanloom.word')]).toEqual(['after', 'before'])
  expect(reader).toHaveBeenCalledTimes(2)
  makeRoom()
  text.keep(null)
  expect(text.read()).toBeNull()
})
