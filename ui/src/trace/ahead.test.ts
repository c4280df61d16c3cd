// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'
import { loadAhead } from './ahead.ts'

const page = vi.hoisted(() => ({ loads: 0 }))
vi.mock('./page.tsx', () => {
  page.loads += 1
  return {}
})

const fonts = () => document.head.querySelectorAll('link[rel="preload"][as="font"]')

test.each(['/', '/topology', '/traces', '/traces-of'])('nothing of it is loaded for %s', async pathname => {
  await loadAhead({ pathname })
  expect([page.loads, fonts().length]).toEqual([0, 0])
})

test('the page of a trace and its font are loaded for a trace', async () => {
  await loadAhead({ pathname: '/traces/1a' })
  expect([page.loads, fonts().length]).toEqual([1, 1])
  expect(fonts()[0]?.getAttribute('href')).toMatch(/jetbrains-mono-latin-wght-normal.*\.woff2/)
})
